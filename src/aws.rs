//! The one door to AWS: every attempt takes a budget token, is made once, and is classified by its code.
//! The only room that sees `aws_sdk_*` types. Knows nothing of who asks or why.
