//! Policies from a directory: `*.cedar`, and `groups.json` if it is there. All that is wrong with them is told at once, and
//! then none of them is used.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
    str::FromStr,
};

use cedar_policy::{Entities, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;

use super::{SCHEMA, actions::LANES, entities::Types, mentions::Mentions, who::Groups};

/// All files together. A policy is some hundred bytes; this is room for thousands.
const LONGEST: u64 = 4 << 20;

/// Files that are looked at.
const MOST_FILES: usize = 1000;

/// The operator's groups.
const GROUPS: &str = "groups.json";

/// What the files hold, by their names.
pub(super) type Texts = BTreeMap<String, String>;

/// Policies in use: checked, and never changed.
#[derive(Debug)]
pub struct Rules {
    pub(super) schema: Schema,
    pub(super) types: Types,
    pub(super) actions: Entities,
    pub(super) policies: PolicySet,
    pub(super) mentions: Mentions,
    pub(super) groups: Groups,
    pub(super) texts: Texts,
}

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file's name.
    pub file: String,
    /// The line, where it is known; from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// Why policies cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or the directory cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There are no policies: nobody could do anything.
    #[error("{} has no file *.cedar: nobody could do anything", .0.display())]
    None(PathBuf),
    /// More than anybody would write.
    #[error("{} has more than {MOST_FILES} files, or more than {LONGEST} bytes in them", .0.display())]
    TooMuch(PathBuf),
    /// What is wrong with the files, all of it.
    #[error("{}", all(.0))]
    Faults(Vec<Fault>),
    /// The schema that is shipped is wrong.
    #[error("the shipped schema cannot be used: {0}")]
    Schema(String),
}

fn all(faults: &[Fault]) -> String {
    let each: Vec<String> = faults.iter().map(ToString::to_string).collect();
    each.join("; ")
}

/// Reads the files of a directory. Those whose names begin with a dot are somebody else's: Kubernetes keeps its own there.
pub(super) fn read(directory: &Path) -> Result<Texts, LoadError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| LoadError::Read { path, source }
    };
    let (mut texts, mut left) = (Texts::new(), LONGEST);
    for entry in fs::read_dir(directory).map_err(failed(directory))? {
        let path = entry.map_err(failed(directory))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let wanted = name == GROUPS || name.ends_with(".cedar");
        if !wanted || name.starts_with('.') {
            continue;
        }
        let mut text = String::new();
        let file = fs::File::open(&path).map_err(failed(&path))?;
        let read = file.take(left + 1).read_to_string(&mut text);
        let read = u64::try_from(read.map_err(failed(&path))?).unwrap_or(u64::MAX);
        left = left
            .checked_sub(read)
            .ok_or_else(|| LoadError::TooMuch(directory.to_owned()))?;
        texts.insert(name.to_owned(), text);
        if texts.len() > MOST_FILES {
            return Err(LoadError::TooMuch(directory.to_owned()));
        }
    }
    if !texts.keys().any(|name| name.ends_with(".cedar")) {
        return Err(LoadError::None(directory.to_owned()));
    }
    Ok(texts)
}

impl Rules {
    /// The policies of this directory.
    ///
    /// # Errors
    /// They cannot be used; with all that is wrong.
    pub fn load(directory: &Path) -> Result<Self, LoadError> {
        Self::of(read(directory)?)
    }

    /// The policies in these files.
    pub(super) fn of(texts: Texts) -> Result<Self, LoadError> {
        let defect = LoadError::Schema;
        let (schema, _) =
            Schema::from_cedarschema_str(SCHEMA).map_err(|error| defect(error.to_string()))?;
        let types = Types::new().map_err(defect)?;
        let actions = schema.action_entities();
        let actions = actions.map_err(|error| defect(error.to_string()))?;
        let mut reading = Reading::default();
        for (name, text) in &texts {
            match name.as_str() {
                GROUPS => reading.groups(text),
                _ => reading.policies(name, text),
            }
        }
        let Reading {
            mut policies,
            mut faults,
            groups,
        } = reading;
        faults.extend(invalid(&schema, &policies));
        if !faults.is_empty() {
            faults.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
            return Err(LoadError::Faults(faults));
        }
        let mut mentions = Mentions::default();
        for policy in policies.policies() {
            let json = policy
                .to_json()
                .map_err(|error| defect(error.to_string()))?;
            mentions.add(&json);
        }
        let lanes = Policy::parse(None, LANES).map_err(|error| defect(error.to_string()))?;
        policies
            .add(lanes)
            .map_err(|error| defect(error.to_string()))?;
        Ok(Self {
            schema,
            types,
            actions,
            policies,
            mentions,
            groups,
            texts,
        })
    }

    /// How many policies of the operator's there are.
    pub fn len(&self) -> usize {
        self.policies.policies().count().saturating_sub(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The operator's groups.
    pub fn groups(&self) -> &Groups {
        &self.groups
    }
}

/// What the schema says against these. They are named by file or `@id`.
fn invalid(schema: &Schema, policies: &PolicySet) -> Vec<Fault> {
    let checked = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
    let errors = checked.validation_errors();
    errors
        .map(|error| {
            let id: &str = error.policy_id().as_ref();
            let file = id.split_once('#').map_or(id, |(file, _)| file);
            Fault {
                file: file.to_owned(),
                line: None,
                message: error.to_string(),
            }
        })
        .collect()
}

#[derive(Default)]
struct Reading {
    policies: PolicySet,
    faults: Vec<Fault>,
    groups: Groups,
}

impl Reading {
    fn fault(&mut self, file: &str, line: Option<usize>, message: String) {
        self.faults.push(Fault {
            file: file.to_owned(),
            line,
            message,
        });
    }

    fn groups(&mut self, text: &str) {
        match Groups::parse(text) {
            Ok(groups) => self.groups = groups,
            Err(message) => self.fault(GROUPS, None, message),
        }
    }

    fn policies(&mut self, file: &str, text: &str) {
        let read = match PolicySet::from_str(text) {
            Ok(read) => read,
            Err(errors) => {
                for error in errors.iter() {
                    self.fault(file, line(error, text), error.to_string());
                }
                return;
            }
        };
        if read.templates().next().is_some() {
            self.fault(file, None, "templates are not used here".to_owned());
        }
        for policy in read.policies() {
            let name = name(file, policy);
            if let Err(error) = self.policies.add(policy.new_id(PolicyId::new(&name))) {
                self.fault(file, None, error.to_string());
            }
        }
    }
}

/// What a policy is called in answers and logs: its `@id`, or its place in its file.
fn name(file: &str, policy: &Policy) -> String {
    if let Some(id) = policy.annotation("id").filter(|id| !id.is_empty()) {
        return format!("{file}#{id}");
    }
    // The library counts from `policy0`.
    let id = policy.id().to_string();
    let number = id.trim_start_matches("policy").parse::<usize>();
    let number = number.map_or(id, |number| (number + 1).to_string());
    format!("{file}#{number}")
}

fn line(error: &dyn Diagnostic, text: &str) -> Option<usize> {
    let label = error.labels()?.next()?;
    let before = text.get(..label.offset())?;
    Some(before.matches('\n').count() + 1)
}
