//! The page: static files of our own, nothing from elsewhere.

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its path on the admin port.
    pub path: &'static str,
    /// Its content type.
    pub kind: &'static str,
    /// What it holds.
    pub text: &'static str,
}

/// Nothing but our own files and updates may be loaded, and no other page may show this one.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Where the updates are.
pub const UPDATES: &str = "/console/updates";

const ASSETS: [Asset; 3] = [
    Asset {
        path: "/console",
        kind: "text/html; charset=utf-8",
        text: include_str!("page/index.html"),
    },
    Asset {
        path: "/console/console.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("page/console.js"),
    },
    Asset {
        path: "/console/console.css",
        kind: "text/css; charset=utf-8",
        text: include_str!("page/console.css"),
    },
];

/// The file at this path.
pub fn asset(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_loads_nothing_from_elsewhere() {
        for asset in ASSETS {
            for outside in ["http://", "https://", "//cdn", "@import", "eval("] {
                assert!(!asset.text.contains(outside), "{}: {outside}", asset.path);
            }
        }
        let page = asset("/console").unwrap().text;
        for asset in &ASSETS[1..] {
            assert!(
                page.contains(&format!("\"{}\"", asset.path)),
                "{}",
                asset.path
            );
        }
        assert!(asset("/console/console.js").unwrap().text.contains(UPDATES));
        assert!(asset("/console/").is_none());
    }
}
