//! AES-GCM, AES-CTR and HMAC-SHA1 with contexts that are keyed once and kept. Beside a hint in `near.rs` the only unsafe code of this crate.
//!
//! `aws-lc-rs` has no AES-CTR that takes a borrowed key schedule, re-keys HMAC for each packet, and seals only in
//! place; all three cost more than the cipher itself on packets of our size. So we call `aws-lc-sys`.

use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

use aws_lc_sys as lc;

use crate::near;

/// The length of a GCM tag and of an AES block.
pub(super) const GCM_TAG: usize = 16;

/// AES-128-GCM or AES-256-GCM under one key.
pub(super) struct AesGcm {
    // Boxed: the library finds its state by an offset that depends on the address.
    context: Box<lc::EVP_AEAD_CTX>,
}

// SAFETY: the context owns all it points to, except the static description of the algorithm.
unsafe impl Send for AesGcm {}

impl AesGcm {
    /// Takes a key of 16 or 32 bytes.
    pub(super) fn new(key: &[u8]) -> Self {
        let mut context = Box::new(MaybeUninit::<lc::EVP_AEAD_CTX>::zeroed());
        // SAFETY: the functions only return pointers to static descriptions.
        let algorithm = unsafe {
            match key.len() {
                16 => lc::EVP_aead_aes_128_gcm(),
                32 => lc::EVP_aead_aes_256_gcm(),
                _ => panic!("an AES-GCM key has 16 or 32 bytes"),
            }
        };
        // SAFETY: context is writable, key is readable for its length, the engine may be null. On success the
        // context is initialised; all-zero bytes are a valid value of the struct beforehand.
        let context = unsafe {
            let ok = lc::EVP_AEAD_CTX_init(
                context.as_mut_ptr(),
                algorithm,
                key.as_ptr(),
                key.len(),
                GCM_TAG,
                null_mut(),
            );
            assert_eq!(ok, 1, "AES-GCM accepts any key of its length");
            context.assume_init()
        };
        Self { context }
    }

    /// Asks for the key before it is needed.
    #[inline]
    pub(super) fn bring_near(&self) {
        near::fetch(&*self.context);
    }

    /// Encrypts `text` into `out`, which is longer by [`GCM_TAG`].
    pub(super) fn seal(&self, nonce: &[u8; 12], aad: &[u8], text: &[u8], out: &mut [u8]) {
        assert_eq!(out.len(), text.len() + GCM_TAG, "room for text and tag");
        let (sealed, tag) = out.split_at_mut(text.len());
        // SAFETY: two slices, one of them exclusive, cannot overlap; sealed is as long as text.
        unsafe {
            self.seal_raw(nonce, aad, text.as_ptr(), sealed.as_mut_ptr(), text.len(), tag);
        };
    }

    /// Encrypts all but the last [`GCM_TAG`] bytes of `buffer` where they are; the tag goes into those.
    pub(super) fn seal_in_place(&self, nonce: &[u8; 12], aad: &[u8], buffer: &mut [u8]) {
        let len = buffer.len().checked_sub(GCM_TAG).expect("room for the tag");
        let (text, tag) = buffer.split_at_mut(len);
        let start = text.as_mut_ptr();
        // SAFETY: the library allows input and output to be the same memory.
        unsafe { self.seal_raw(nonce, aad, start, start, len, tag) };
    }

    /// # Safety
    /// `text` is readable and `sealed` writable for `len` bytes; they are equal or do not overlap, and neither
    /// overlaps `tag`.
    unsafe fn seal_raw(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        text: *const u8,
        sealed: *mut u8,
        len: usize,
        tag: &mut [u8],
    ) {
        let mut tag_len = 0;
        // SAFETY: pointers and lengths come from slices or from the caller's promise; there is no extra input.
        let ok = unsafe {
            lc::EVP_AEAD_CTX_seal_scatter(
                &*self.context,
                sealed,
                tag.as_mut_ptr(),
                &mut tag_len,
                tag.len(),
                nonce.as_ptr(),
                nonce.len(),
                text,
                len,
                null(),
                0,
                aad.as_ptr(),
                aad.len(),
            )
        };
        assert_eq!((ok, tag_len), (1, GCM_TAG), "sealing a datagram cannot fail");
    }

    /// Decrypts `buffer`, of which the last [`GCM_TAG`] bytes are the tag, in place. What the buffer holds after
    /// a failure is of no use.
    pub(super) fn open_in_place(&self, nonce: &[u8; 12], aad: &[u8], buffer: &mut [u8]) -> bool {
        let Some(len) = buffer.len().checked_sub(GCM_TAG) else {
            return false;
        };
        let (text, tag) = buffer.split_at_mut(len);
        let start = text.as_mut_ptr();
        // SAFETY: pointers and lengths come from slices; input and output may be the same memory.
        let ok = unsafe {
            lc::EVP_AEAD_CTX_open_gather(
                &*self.context,
                start,
                nonce.as_ptr(),
                nonce.len(),
                start,
                len,
                tag.as_ptr(),
                tag.len(),
                aad.as_ptr(),
                aad.len(),
            )
        };
        ok == 1
    }
}

impl Drop for AesGcm {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, and dropped once; this also wipes the key.
        unsafe { lc::EVP_AEAD_CTX_cleanup(&mut *self.context) };
    }
}

/// AES in counter mode under one key of 16 or 32 bytes.
pub(super) struct AesCtr {
    schedule: Box<lc::AES_KEY>,
}

impl AesCtr {
    /// Takes a key of 16 or 32 bytes.
    pub(super) fn new(key: &[u8]) -> Self {
        assert!(matches!(key.len(), 16 | 32), "an AES key has 16 or 32 bytes");
        let mut schedule = Box::new(lc::AES_KEY { rd_key: [0; 60], rounds: 0 });
        // SAFETY: key is readable for that many bits, schedule is writable.
        let failed = unsafe { lc::AES_set_encrypt_key(key.as_ptr(), 8 * key.len() as u32, &mut *schedule) };
        assert_eq!(failed, 0, "AES accepts any key of its length");
        Self { schedule }
    }

    /// Adds the key stream that begins at block `iv` to `text`, into `out` of the same length.
    pub(super) fn apply(&self, iv: [u8; 16], text: &[u8], out: &mut [u8]) {
        assert_eq!(text.len(), out.len(), "a stream cipher keeps the length");
        // SAFETY: two slices, one of them exclusive, cannot overlap; both have that length.
        unsafe { self.apply_raw(iv, text.as_ptr(), out.as_mut_ptr(), out.len()) };
    }

    /// Adds the key stream that begins at block `iv` to `buffer`.
    pub(super) fn apply_in_place(&self, iv: [u8; 16], buffer: &mut [u8]) {
        let start = buffer.as_mut_ptr();
        // SAFETY: the library allows input and output to be the same memory.
        unsafe { self.apply_raw(iv, start, start, buffer.len()) };
    }

    /// # Safety
    /// `text` is readable and `out` writable for `len` bytes; they are equal or do not overlap.
    unsafe fn apply_raw(&self, mut iv: [u8; 16], text: *const u8, out: *mut u8, len: usize) {
        let mut block = [0; 16];
        let mut used = 0;
        // SAFETY: by the caller's promise; iv and block are whole blocks, used is below 16.
        unsafe {
            lc::AES_ctr128_encrypt(
                text,
                out,
                len,
                &*self.schedule,
                iv.as_mut_ptr(),
                block.as_mut_ptr(),
                &mut used,
            );
        }
    }
}

impl Drop for AesCtr {
    fn drop(&mut self) {
        // SAFETY: the schedule is plain memory of that size.
        unsafe { lc::OPENSSL_cleanse((&raw mut *self.schedule).cast(), size_of::<lc::AES_KEY>()) };
    }
}

/// HMAC-SHA1 under one key.
pub(super) struct HmacSha1 {
    context: *mut lc::HMAC_CTX,
}

// SAFETY: the context is owned by us alone.
unsafe impl Send for HmacSha1 {}

impl HmacSha1 {
    /// Takes a key of any length.
    pub(super) fn new(key: &[u8]) -> Self {
        // SAFETY: the new context is checked before use; key is readable for its length; the engine may be null.
        let context = unsafe {
            let context = lc::HMAC_CTX_new();
            assert!(!context.is_null(), "out of memory");
            let ok = lc::HMAC_Init_ex(context, key.as_ptr().cast(), key.len(), lc::EVP_sha1(), null_mut());
            assert_eq!(ok, 1, "HMAC-SHA1 accepts any key");
            context
        };
        Self { context }
    }

    /// The code over `message` followed by `suffix`.
    pub(super) fn tag(&mut self, message: &[u8], suffix: &[u8]) -> [u8; 20] {
        let mut tag = [0; 20];
        let mut len = 0;
        // SAFETY: the context is valid and ours; a null key and digest begin anew with those kept in it; slices
        // are readable for their lengths, and 20 bytes are what SHA-1 writes.
        let ok = unsafe {
            lc::HMAC_Init_ex(self.context, null(), 0, null(), null_mut()) == 1
                && lc::HMAC_Update(self.context, message.as_ptr(), message.len()) == 1
                && lc::HMAC_Update(self.context, suffix.as_ptr(), suffix.len()) == 1
                && lc::HMAC_Final(self.context, tag.as_mut_ptr(), &mut len) == 1
        };
        assert!(ok && len == 20, "a keyed HMAC-SHA1 cannot fail");
        tag
    }
}

impl Drop for HmacSha1 {
    fn drop(&mut self) {
        // SAFETY: made by HMAC_CTX_new and freed once; this also wipes the key.
        unsafe { lc::HMAC_CTX_free(self.context) };
    }
}

#[cfg(test)]
mod tests {
    use super::super::vectors::hex;
    use super::*;

    #[test]
    fn counter_mode_gives_the_key_stream_of_rfc_3711_appendix_b2() {
        let cipher = AesCtr::new(&hex("2B7E151628AED2A6ABF7158809CF4F3C"));
        let mut stream = vec![0; 0xFF02 * 16];

        cipher.apply_in_place(
            hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000").try_into().expect("a block"),
            &mut stream,
        );

        assert_eq!(
            stream[..48],
            hex(
                "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0"
            )
        );
        assert_eq!(
            stream[0xFEFF * 16..],
            hex(
                "EC8CDF7398607CB0F2D21675EA9EA1E4362B7C3C6773516318A077D7FC5073AE6A2CC3787889374FBEB4C81B17BA6C44"
            )
        );
    }

    #[test]
    fn sealing_to_another_place_equals_sealing_in_place() {
        let cipher = AesGcm::new(&[7; 16]);
        let text: Vec<u8> = (0..100).collect();
        let mut apart = vec![0; 116];
        let mut in_place = text.clone();
        in_place.resize(116, 0);

        cipher.seal(&[1; 12], b"header", &text, &mut apart);
        cipher.seal_in_place(&[1; 12], b"header", &mut in_place);

        assert_eq!(apart, in_place);
        assert!(cipher.open_in_place(&[1; 12], b"header", &mut in_place));
        assert_eq!(in_place[..100], text);
    }

    #[test]
    fn a_code_does_not_depend_on_the_messages_before() {
        // RFC 2202 §3, test case 2.
        let mut hmac = HmacSha1::new(b"Jefe");
        let expected = hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");

        assert_eq!(hmac.tag(b"what do ya want ", b"for nothing?")[..], expected);
        hmac.tag(b"something else", b"");
        assert_eq!(hmac.tag(b"what do ya want for nothing?", b"")[..], expected);
    }
}
