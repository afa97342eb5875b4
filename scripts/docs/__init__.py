"""Checks of the documents that need no compiler: links, the member role in Terraform, the API reference, the quick start."""
