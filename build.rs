//! Embeds the web client: every file under `web-client/dist`, compressed with Brotli where that makes it smaller.
//! Without that folder the program builds all the same and says how to make it.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let dist = root.join("web-client/dist");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/store/migrations");
    println!("cargo::rerun-if-changed={}", dist.display());

    let mut files = Vec::new();
    if dist.is_dir() {
        collect(&dist, &mut files)?;
    }
    let mut assets = Vec::new();
    for file in &files {
        let path = file.strip_prefix(&dist).expect("it was found there").to_string_lossy().into_owned();
        // Source maps are for developers; they would double the program.
        if path.ends_with(".map") {
            continue;
        }
        assets.push((path, file));
    }
    assets.sort();

    let mut table = String::from("static ASSETS: &[Asset] = &[\n");
    for (number, (path, file)) in assets.iter().enumerate() {
        let content = fs::read(file)?;
        let brotli = compress(path, &content)?;
        let compressed = out.join(format!("asset-{number}.br"));
        let brotli = match brotli {
            Some(bytes) => {
                fs::write(&compressed, bytes)?;
                format!("Some(include_bytes!({compressed:?}))")
            }
            None => "None".to_owned(),
        };
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        writeln!(
            table,
            "Asset {{ path: {path:?}, mime: {:?}, plain: include_bytes!({file:?}), brotli: {brotli}, etag: \"W/\\\"{:016x}\\\"\" }},",
            mime(path),
            hasher.finish(),
        )
        .expect("a string takes all");
    }
    table.push_str("];\n");
    fs::write(out.join("web_client.rs"), table)
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// The Brotli form, if there is something to gain.
fn compress(path: &str, content: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let is_compressed = [".woff2", ".png", ".jpg", ".webp", ".mp3", ".ogg", ".opus"]
        .iter()
        .any(|ending| path.ends_with(ending));
    if is_compressed {
        return Ok(None);
    }
    // The best is worth some seconds for what is shipped, not for what is tried out.
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let params =
        brotli::enc::BrotliEncoderParams { quality: if release { 11 } else { 5 }, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*content, &mut compressed, &params)?;
    Ok((compressed.len() < content.len()).then_some(compressed))
}

fn mime(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "mp3" => "audio/mpeg",
        "ogg" | "opus" => "audio/ogg",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
