//! Texts that recur, kept once.

use std::{collections::HashMap, sync::Arc};

/// Texts that recur, by number; number 0 is the empty text.
#[derive(Debug)]
pub struct Names {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Default for Names {
    fn default() -> Self {
        let empty: Arc<str> = Arc::from("");
        Self {
            numbers: HashMap::from([(Arc::clone(&empty), 0)]),
            texts: vec![empty],
        }
    }
}

impl Names {
    /// Callers choose session names: beyond this many different ones the rest are one.
    const MAX: usize = 200_000;

    /// The number of this text; a new one if it has none.
    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        if self.texts.len() >= Self::MAX {
            return 0;
        }
        let text: Arc<str> = Arc::from(text);
        let number = u32::try_from(self.texts.len()).unwrap_or(0);
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }

    /// The text of this number.
    pub fn text(&self, number: u32) -> Arc<str> {
        let index = usize::try_from(number).unwrap_or(0);
        self.texts.get(index).cloned().unwrap_or_default()
    }
}
