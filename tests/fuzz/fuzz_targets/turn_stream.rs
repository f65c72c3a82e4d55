#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| palabre_tests::fuzz::run("turn_stream", data));
