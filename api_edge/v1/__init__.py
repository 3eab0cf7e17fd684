"""The ``/v1`` dialect: resources that OCTO lacks, strict validation, RFC 9457 problem details."""
