//! The events in log files, read from ministack's S3: real gzip, in buckets that trails deliver to, by the documented role.

mod archive;
mod damage;
mod ends;
mod filters;
mod orders;
