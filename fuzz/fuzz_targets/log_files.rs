#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| trailplane_fuzz::log_files::run(data));
