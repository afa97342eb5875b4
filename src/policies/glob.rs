//! Wildcards as policies have them: `*` for any characters, `?` for one.

/// Whether the whole text fits the pattern.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    // Most patterns differ before their first wildcard.
    let plain = pattern.split(['*', '?']).next().unwrap_or_default();
    if !text.starts_with(plain) {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on if what follows the last star does not fit: behind the star, with one more character given to it.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star, taken)) = retry else {
                    return false;
                };
                retry = Some((star, taken + 1));
                p = star + 1;
                t = taken + 1;
            }
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

/// The same for an ARN, whose six parts are compared each by itself; `None` if either has not six.
pub(super) fn arn_fits(pattern: &str, arn: &str) -> Option<bool> {
    let patterns: Vec<&str> = pattern.splitn(6, ':').collect();
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    (patterns.len() == 6 && parts.len() == 6).then(|| {
        patterns
            .iter()
            .zip(parts)
            .all(|(pattern, part)| fits(pattern, part))
    })
}
