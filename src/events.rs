//! Looking events up: plan, read cells, merge, resume.
