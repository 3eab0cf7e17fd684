"""The house dialect: what OCTO lacks, strict in what it takes, with RFC 9457 problems as its no."""
