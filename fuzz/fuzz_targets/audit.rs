#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| trailplane_fuzz::audit::run(data));
