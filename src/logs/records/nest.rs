//! Where a JSON value ends, found without reading it: by its brackets, and by what is text. Pure.

/// How deep in a value it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Nest {
    depth: u64,
    text: bool,
    escaped: bool,
}

impl Nest {
    /// How many of these bytes belong to the value, if it ends among them. It begins with a bracket or a quotation mark.
    pub fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..)?;
            at += match self.text {
                true => self.past_text_mark(rest)?,
                false => self.past_mark(rest)?,
            };
            if self.depth == 0 && !self.text {
                return Some(at);
            }
        }
    }

    /// Goes past what ends the text or escapes in it; `None` if all is within.
    fn past_text_mark(&mut self, bytes: &[u8]) -> Option<usize> {
        if std::mem::take(&mut self.escaped) {
            if bytes.is_empty() {
                self.escaped = true;
                return None;
            }
            return Some(1);
        }
        let at = memchr::memchr2(b'"', b'\\', bytes)?;
        match bytes.get(at) {
            Some(b'"') => self.text = false,
            _ => self.escaped = true,
        }
        Some(at + 1)
    }

    /// Goes past the next bracket or quotation mark.
    fn past_mark(&mut self, bytes: &[u8]) -> Option<usize> {
        let mark = |byte: &u8| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']');
        let at = bytes.iter().position(mark)?;
        match bytes.get(at) {
            Some(b'"') => self.text = true,
            Some(b'{' | b'[') => self.depth += 1,
            // A value begins with a mark, so that there is something to close.
            _ => self.depth = self.depth.saturating_sub(1),
        }
        Some(at + 1)
    }
}
