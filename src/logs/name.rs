//! Names and keys of log files, read and written exactly: what is read is written again letter by letter.
//!
//! ```text
//! [prefix/]AWSLogs/[o-id/]ACCOUNT/FOLDER/REGION/YYYY/MM/DD/NAME
//! NAME of events:   ACCOUNT_FOLDER_REGION_YYYYMMDDTHHMMZ_UNIQUE.json.gz
//! NAME of a digest: ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOMEREGION_YYYYMMDDTHHMMSSZ[_backfill].json.gz
//! ```

mod time;

use std::{fmt, str::FromStr};

use crate::domain::{AccountId, OrganizationId, Region, Timestamp, TrailName};

pub use time::Day;
use time::{minute, read_minute, read_second, second};

/// What all log files end with.
const END: &str = ".json.gz";
/// Between a digest's time and the end, if it was made later, for files that were late.
const BACKFILL: &str = "_backfill";
/// The folder that all of a bucket's or prefix's log files are in.
const ROOT: &str = "AWSLogs";
/// The longest key that S3 takes, in bytes.
const LONGEST_KEY: usize = 1024;
/// The unique part has 16 letters and digits; an example of AWS's has 15.
const UNIQUE: std::ops::RangeInclusive<usize> = 8..=32;

/// What a log file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Folder {
    /// Management and data events.
    Events,
    /// Insights.
    Insight,
    /// Network activity events.
    NetworkActivity,
    /// Events summed up over five minutes.
    Aggregated,
    /// Digests: hashes of other files.
    Digest,
}

impl Folder {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Events,
        Self::Insight,
        Self::NetworkActivity,
        Self::Aggregated,
        Self::Digest,
    ];

    /// As keys and names have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "CloudTrail",
            Self::Insight => "CloudTrail-Insight",
            Self::NetworkActivity => "CloudTrail-NetworkActivity",
            Self::Aggregated => "CloudTrail-Aggregated",
            Self::Digest => "CloudTrail-Digest",
        }
    }

    fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|folder| folder.as_str() == text)
    }
}

/// Why a text is no name of a log file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLogFileName {
    /// It is longer than any key.
    #[error("is longer than {LONGEST_KEY} bytes, the longest key in S3")]
    TooLong,
    /// It ends otherwise.
    #[error("does not end with {END}")]
    End,
    /// The account is none.
    #[error("does not begin with a 12-digit account id and _")]
    Account,
    /// The word after the account is none of CloudTrail's.
    #[error(
        "has no CloudTrail, CloudTrail-Insight, CloudTrail-NetworkActivity, CloudTrail-Aggregated or CloudTrail-Digest after the account id"
    )]
    Folder,
    /// The Region is none.
    #[error("has no Region where one should be")]
    Region,
    /// The time is none.
    #[error("has no time such as 20261122T0830Z (digests: 20261122T083000Z) where one should be")]
    Time,
    /// The last part is none.
    #[error("has no 16 letters and digits after the time")]
    Unique,
    /// A digest's trail has no name.
    #[error("has no trail's name and home Region where digests have them")]
    Trail,
    /// There is no AWSLogs/ in the key.
    #[error("is no name alone, and has no {ROOT}/ACCOUNT/FOLDER/REGION/YYYY/MM/DD/ before it")]
    Layout,
    /// Folders and name say different things.
    #[error("is in folders of another account, Region or kind than its name says")]
    Elsewhere,
    /// An address of S3 without a bucket or a key.
    #[error("is no s3://BUCKET/KEY")]
    Address,
}

/// What makes a name the only one of its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Detail {
    /// Of files with events: delivered in this minute.
    Delivered {
        /// When, to the minute.
        at: Timestamp,
        /// Random letters and digits.
        unique: Box<str>,
        /// False for names that lack the mark before them, as one of AWS's examples does.
        mark: bool,
    },
    /// Of a digest.
    Digest {
        /// The end of what it covers, to the second.
        end: Timestamp,
        /// Whose files it covers.
        trail: TrailName,
        /// The home Region of the trail.
        home_region: Region,
        /// Made later, for files that were late: a chain of its own.
        backfill: bool,
    },
}

/// The name of a log file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogFileName {
    /// Whose events.
    pub account: AccountId,
    /// What it holds.
    pub folder: Folder,
    /// From where.
    pub region: Region,
    /// The rest.
    pub detail: Detail,
}

impl LogFileName {
    /// The time in the name.
    pub fn time(&self) -> Timestamp {
        match &self.detail {
            Detail::Delivered { at, .. } => *at,
            Detail::Digest { end, .. } => *end,
        }
    }
}

impl FromStr for LogFileName {
    type Err = InvalidLogFileName;

    fn from_str(text: &str) -> Result<Self, InvalidLogFileName> {
        use InvalidLogFileName as Wrong;
        if text.len() > LONGEST_KEY {
            return Err(Wrong::TooLong);
        }
        let stem = text.strip_suffix(END).ok_or(Wrong::End)?;
        let (account, rest) = stem.split_once('_').ok_or(Wrong::Account)?;
        let account = account.parse().map_err(|_| Wrong::Account)?;
        let (folder, rest) = rest.split_once('_').ok_or(Wrong::Folder)?;
        let folder = Folder::read(folder).ok_or(Wrong::Folder)?;
        let (region, rest) = rest.split_once('_').ok_or(Wrong::Region)?;
        let region = region.parse().map_err(|_| Wrong::Region)?;
        let detail = match folder {
            Folder::Digest => digest(rest)?,
            _ => delivered(rest)?,
        };
        Ok(Self {
            account,
            folder,
            region,
            detail,
        })
    }
}

/// `YYYYMMDDTHHMMZ_UNIQUE`, or without the mark.
fn delivered(text: &str) -> Result<Detail, InvalidLogFileName> {
    let (time, rest) = text
        .split_at_checked(time::MINUTE)
        .ok_or(InvalidLogFileName::Time)?;
    let at = read_minute(time).ok_or(InvalidLogFileName::Time)?;
    let (unique, mark) = match rest.strip_prefix('_') {
        Some(unique) => (unique, true),
        None => (rest, false),
    };
    let right = UNIQUE.contains(&unique.len()) && unique.bytes().all(|b| b.is_ascii_alphanumeric());
    match right {
        true => Ok(Detail::Delivered {
            at,
            unique: unique.into(),
            mark,
        }),
        false => Err(InvalidLogFileName::Unique),
    }
}

/// `TRAIL_HOMEREGION_YYYYMMDDTHHMMSSZ[_backfill]`, from behind: a trail's name may hold marks, a Region does not.
fn digest(text: &str) -> Result<Detail, InvalidLogFileName> {
    let (text, backfill) = match text.strip_suffix(BACKFILL) {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (rest, time) = text.rsplit_once('_').ok_or(InvalidLogFileName::Time)?;
    let end = read_second(time).ok_or(InvalidLogFileName::Time)?;
    let (trail, home) = rest.rsplit_once('_').ok_or(InvalidLogFileName::Trail)?;
    let wrong = InvalidLogFileName::Trail;
    Ok(Detail::Digest {
        end,
        trail: trail.parse().map_err(|_| wrong)?,
        home_region: home.parse().map_err(|_| wrong)?,
        backfill,
    })
}

impl fmt::Display for LogFileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (account, folder, region) = (self.account, self.folder.as_str(), &self.region);
        write!(f, "{account}_{folder}_{region}_")?;
        match &self.detail {
            Detail::Delivered { at, unique, mark } => {
                let mark = if *mark { "_" } else { "" };
                write!(f, "{}{mark}{unique}{END}", minute(*at))
            }
            Detail::Digest {
                end,
                trail,
                home_region,
                backfill,
            } => {
                let late = if *backfill { BACKFILL } else { "" };
                write!(f, "{trail}_{home_region}_{}{late}{END}", second(*end))
            }
        }
    }
}

/// Where the log files of a trail are: the part of keys before the account.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Root {
    /// What precedes `AWSLogs/`, without the mark between. Never empty.
    pub prefix: Option<Box<str>>,
    /// The organization, for its trails.
    pub organization: Option<OrganizationId>,
}

impl Root {
    /// The folder of one account's files of a kind in one Region, with the mark at its end.
    pub fn folder(&self, account: AccountId, folder: Folder, region: &Region) -> String {
        format!("{self}{account}/{}/{region}/", folder.as_str())
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(prefix) = &self.prefix {
            write!(f, "{prefix}/")?;
        }
        write!(f, "{ROOT}/")?;
        match &self.organization {
            Some(organization) => write!(f, "{organization}/"),
            None => Ok(()),
        }
    }
}

/// The key of a log file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogFileKey {
    /// Under what.
    pub root: Root,
    /// In the folder of which day: that of the delivery, whatever the name says.
    pub day: Day,
    /// The file.
    pub name: LogFileName,
}

impl FromStr for LogFileKey {
    type Err = InvalidLogFileName;

    fn from_str(key: &str) -> Result<Self, InvalidLogFileName> {
        use InvalidLogFileName as Wrong;
        if key.len() > LONGEST_KEY {
            return Err(Wrong::TooLong);
        }
        let mut parts = key.rsplitn(8, '/');
        let name: LogFileName = parts.next().ok_or(Wrong::Layout)?.parse()?;
        let mut part = || parts.next().ok_or(Wrong::Layout);
        let (day, month, year) = (part()?, part()?, part()?);
        let day = Day::read(year, month, day).ok_or(Wrong::Layout)?;
        let (region, folder, account) = (part()?, part()?, part()?);
        let root = part()?;
        let same = region == name.region.as_str()
            && folder == name.folder.as_str()
            && account.parse() == Ok(name.account);
        if !same {
            return Err(Wrong::Elsewhere);
        }
        let root = read_root(root).ok_or(Wrong::Layout)?;
        Ok(Self { root, day, name })
    }
}

/// `[prefix/]AWSLogs[/o-id]`.
fn read_root(text: &str) -> Option<Root> {
    let (text, organization) = match text.rsplit_once('/') {
        Some((rest, last)) if last != ROOT => (rest, Some(last.parse().ok()?)),
        _ => (text, None),
    };
    let prefix = match text.strip_suffix(ROOT)? {
        "" => None,
        prefix => Some(prefix.strip_suffix('/').filter(|p| !p.is_empty())?.into()),
    };
    Some(Root {
        prefix,
        organization,
    })
}

impl fmt::Display for LogFileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        let folder = self.root.folder(name.account, name.folder, &name.region);
        write!(f, "{folder}{}/{name}", self.day)
    }
}

/// A text that names a log file, as people have it: a name, a key, or an address in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A name alone.
    Name(LogFileName),
    /// A key.
    Key(LogFileKey),
    /// `s3://BUCKET/KEY`.
    Address {
        /// The bucket.
        bucket: Box<str>,
        /// The key in it.
        key: LogFileKey,
    },
}

impl Named {
    /// The name.
    pub fn name(&self) -> &LogFileName {
        match self {
            Self::Name(name) => name,
            Self::Key(key) | Self::Address { key, .. } => &key.name,
        }
    }

    /// The part of the key before the account, if there is one.
    pub fn root(&self) -> Option<&Root> {
        match self {
            Self::Name(_) => None,
            Self::Key(key) | Self::Address { key, .. } => Some(&key.root),
        }
    }
}

impl FromStr for Named {
    type Err = InvalidLogFileName;

    fn from_str(text: &str) -> Result<Self, InvalidLogFileName> {
        if let Some(address) = text.strip_prefix("s3://") {
            let (bucket, key) = address
                .split_once('/')
                .filter(|(bucket, _)| !bucket.is_empty())
                .ok_or(InvalidLogFileName::Address)?;
            return Ok(Self::Address {
                bucket: bucket.into(),
                key: key.parse()?,
            });
        }
        match text.contains('/') {
            true => text.parse().map(Self::Key),
            false => text.parse().map(Self::Name),
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Key(key) => key.fmt(f),
            Self::Address { bucket, key } => write!(f, "s3://{bucket}/{key}"),
        }
    }
}

#[cfg(test)]
mod tests;
