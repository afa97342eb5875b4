//! `docs/configuration.md`, from the declarations.

use super::{
    Config, Purpose,
    reader::{Declared, Reader},
};

const INTRODUCTION: &str = "\
# Configuration

<!-- Generated from the declarations in src/config; `UPDATE_DOCS=1 cargo test --lib config::` writes it anew. -->

`trailplane serve --config FILE` reads a YAML file. Each key can also be set by an environment variable, which wins
over the file: `TRAILPLANE_`, then the key in upper case with `__` for each dot. Lists in a variable are separated by
commas, or written as YAML; lists of mappings are written as YAML (JSON is YAML).

`trailplane check-config --config FILE` tells what is wrong without starting anything. Unknown keys, wrong values and
contradictions are errors, all of them are told at once, and the exit code is 2. A variable that starts with
`TRAILPLANE_` and is no key is an error too, except those that Kubernetes sets by itself for a Service of that name, and those of the
[command line](cli.md) (`TRAILPLANE_ADDRESS`, `TRAILPLANE_TOKEN`, `TRAILPLANE_TOKEN_FILE`).

Durations are numbers with a unit: `ms`, `s`, `m`, `h`, `d`, as in `1h30m`. Sizes are bytes, or `KiB`, `MiB`, `GiB`.

The smallest configuration for a real organization:

```yaml
aws:
  regions: [eu-west-1, us-east-1]
  role_name: Trailplane
```
";

/// The reference of all keys, as Markdown.
pub fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    let declared = Reader::declarations(|s| Config::read(s, Purpose::Service));
    let mut in_table = false;
    let mut items = String::new();
    for key in &declared {
        let prefix = key.key.rsplit_once("[].").map_or("", |(list, _)| list);
        if prefix != items {
            items = prefix.to_owned();
            in_table = false;
            text.push_str(&match prefix {
                "" => "\n".to_owned(),
                list => format!("\nEach of `{list}`:\n"),
            });
        }
        match &key.value {
            None => {
                text.push_str(&format!("\n## `{}`\n\n{}\n", key.key, key.doc));
                in_table = false;
            }
            Some(_) => {
                if !in_table {
                    text.push_str("\n| key | default | value | meaning |\n|---|---|---|---|\n");
                    in_table = true;
                }
                text.push_str(&row(key));
            }
        }
    }
    text
}

fn row(declared: &Declared) -> String {
    let Some(value) = &declared.value else {
        return String::new();
    };
    let variable = value
        .variable
        .as_ref()
        .map_or_else(String::new, |variable| format!("<br>`{variable}`"));
    let cells = [
        format!("`{}`{variable}", declared.key),
        value.default.clone(),
        value.shape.clone(),
        declared.doc.to_owned(),
    ];
    format!(
        "| {} |\n",
        cells.map(|cell| cell.replace('|', "\\|")).join(" | ")
    )
}
