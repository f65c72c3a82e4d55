#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| palabre_tests::fuzz::run("phone_media", data));
