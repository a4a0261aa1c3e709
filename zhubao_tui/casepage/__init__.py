"""What a household takes away: token, QR code, plain text."""
