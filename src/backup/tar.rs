//! Archives that any `tar` unpacks (POSIX.1-1988 ustar), of plain files with names we chose. Pure.
//!
//! ```text
//! 0 name 100 mode 108 uid 116 gid 124 size 136 mtime 148 sum 156 type 157 link 257 "ustar\0" 263 "00" 265 … 512
//! ```

/// What an archive consists of.
pub(super) const BLOCK: usize = 512;

/// The header of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) size: u64,
}

/// Why something is no archive of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TarError {
    #[error("it is not an archive, or damaged")]
    Damaged,
    #[error("it holds something else than plain files with names of ours")]
    Foreign,
}

impl Header {
    /// The block before a file's content.
    ///
    /// # Errors
    /// When the name is not one that [`is_ours`].
    pub(super) fn block(&self, mtime: u64) -> Result<[u8; BLOCK], TarError> {
        if !is_ours(&self.name) {
            return Err(TarError::Foreign);
        }
        let mut block = [0; BLOCK];
        block[..self.name.len()].copy_from_slice(self.name.as_bytes());
        octal(&mut block[100..108], 0o600);
        octal(&mut block[108..116], 0);
        octal(&mut block[116..124], 0);
        number(&mut block[124..136], self.size);
        octal(&mut block[136..148], mtime & 0o77_777_777_777);
        block[156] = b'0';
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum = checksum(&block);
        // Six digits, a zero and a space, as everybody writes it.
        block[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        block[154..156].copy_from_slice(b"\0 ");
        Ok(block)
    }

    /// Reads such a block; nothing at the end of the archive.
    ///
    /// # Errors
    /// When it is not one of ours.
    pub(super) fn read(block: &[u8; BLOCK]) -> Result<Option<Self>, TarError> {
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum = parse_octal(&block[148..156]).ok_or(TarError::Damaged)?;
        if sum != u64::from(checksum(block)) || &block[257..262] != b"ustar" {
            return Err(TarError::Damaged);
        }
        let name = block[..100].split(|byte| *byte == 0).next().unwrap_or_default();
        let name = std::str::from_utf8(name).map_err(|_| TarError::Foreign)?.to_owned();
        let has_prefix = block[345] != 0;
        if block[156] != b'0' || has_prefix || !is_ours(&name) {
            return Err(TarError::Foreign);
        }
        Ok(Some(Self { name, size: parse_number(&block[124..136]).ok_or(TarError::Damaged)? }))
    }

    /// The zeros that follow the content.
    pub(super) fn padding(&self) -> usize {
        let over = usize::try_from(self.size % BLOCK as u64).unwrap_or(0);
        if over == 0 { 0 } else { BLOCK - over }
    }
}

/// Whether a name leads nowhere but into the directory, or one below it: letters, digits, hyphens, underscores and dots.
pub(super) fn is_ours(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    name.len() <= 99 && name.split('/').count() <= 3 && name.split('/').all(is_part)
}

/// The sum of the bytes, those of the sum itself counted as spaces.
fn checksum(block: &[u8; BLOCK]) -> u32 {
    let bytes = block.iter().enumerate();
    bytes.map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) }).sum()
}

fn octal(field: &mut [u8], value: u64) {
    let digits = field.len() - 1;
    field[..digits].copy_from_slice(format!("{value:0digits$o}").as_bytes());
}

/// From 8 GiB on as GNU tar writes it: the first bit set, then base 256.
fn number(field: &mut [u8], value: u64) {
    if value < 1 << 33 {
        return octal(field, value);
    }
    field[0] = 0x80;
    let at = field.len() - 8;
    field[at..].copy_from_slice(&value.to_be_bytes());
}

fn parse_octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok()
}

fn parse_number(field: &[u8]) -> Option<u64> {
    if field.first()? & 0x80 == 0 {
        return parse_octal(field);
    }
    let (high, low) = field.split_at(field.len() - 8);
    let is_small = high.iter().skip(1).all(|byte| *byte == 0) && high[0] == 0x80;
    is_small.then(|| low.try_into().ok().map(u64::from_be_bytes)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_whatever_its_size() {
        for size in [0, 1, 511, 512, (1 << 33) - 1, 1 << 33, u64::MAX / 2] {
            let header = Header { name: "recordings/19ab.ogg".to_owned(), size };
            let block = header.block(1_796_000_000).unwrap();
            assert_eq!(Header::read(&block), Ok(Some(header)));
        }
        assert_eq!(Header::read(&[0; BLOCK]), Ok(None));
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused_both_ways() {
        for name in
            ["", "/etc/passwd", "../x", "a/../b", "a//b", ".hidden", "a/b/c/d", "a\nb", "é", &"x".repeat(100)]
        {
            assert!(!is_ours(name), "{name}");
            let header = Header { name: name.to_owned(), size: 0 };
            assert_eq!(header.block(0), Err(TarError::Foreign));
        }
        let mut link = Header { name: "a".to_owned(), size: 0 }.block(0).unwrap();
        link[156] = b'2';
        assert_eq!(Header::read(&link), Err(TarError::Damaged), "the sum no longer fits");
        let sum = checksum(&link);
        link[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        assert_eq!(Header::read(&link), Err(TarError::Foreign), "links are nothing of ours");
    }
}
