//! Frames on a TCP connection: two bytes of length, then that many bytes (RFC 4571, used by ICE-TCP, RFC 6544).

/// The longest frame that we accept: a datagram of an Ethernet path with room to spare.
pub const MAX_FRAME: usize = 4096;

/// The header of a frame of `len` bytes.
#[must_use]
pub fn header(len: u16) -> [u8; 2] {
    len.to_be_bytes()
}

/// Cuts a byte stream into frames.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: Vec<u8>,
    taken: usize,
}

/// A frame was announced that is empty or longer than [`MAX_FRAME`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {0} bytes was announced")]
pub struct BadFrame(pub usize);

impl FrameReader {
    /// Takes bytes as they came from the connection.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame. Call until `None` after each push: then at most one incomplete frame is held.
    pub fn next_frame(&mut self) -> Result<Option<&mut [u8]>, BadFrame> {
        let rest = &self.buffer[self.taken..];
        let Some((&[high, low], body)) = rest.split_first_chunk::<2>() else {
            return Ok(None);
        };
        let len = usize::from(u16::from_be_bytes([high, low]));
        if len == 0 || len > MAX_FRAME {
            return Err(BadFrame(len));
        }
        if body.len() < len {
            return Ok(None);
        }

        let start = self.taken + 2;
        self.taken = start + len;
        Ok(Some(&mut self.buffer[start..self.taken]))
    }

    /// What is held of an incomplete frame, header included.
    #[must_use]
    pub fn unfinished(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_whole_however_the_stream_is_cut() {
        let stream = [&header(3)[..], b"abc", &header(1), b"d"].concat();
        for cut in 0..=stream.len() {
            let mut reader = FrameReader::default();
            let mut frames = Vec::new();
            for part in [&stream[..cut], &stream[cut..]] {
                reader.push(part);
                while let Some(frame) = reader.next_frame().expect("good frames") {
                    frames.push(frame.to_vec());
                }
            }
            assert_eq!(frames, [b"abc".to_vec(), b"d".to_vec()]);
            assert!(reader.unfinished().is_empty());
        }
    }

    #[test]
    fn a_frame_that_no_datagram_could_be_is_refused() {
        for len in [0_u16, MAX_FRAME as u16 + 1, u16::MAX] {
            let mut reader = FrameReader::default();
            reader.push(&header(len));
            assert_eq!(reader.next_frame(), Err(BadFrame(usize::from(len))));
        }
    }
}
