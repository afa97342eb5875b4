//! Names and ARNs of trails, by AWS's rules.

use std::{fmt, str::FromStr, sync::Arc};

use crate::domain::{AccountId, Partition, Region};

/// The shortest name.
pub const SHORTEST: usize = 3;
/// The longest name.
pub const LONGEST: usize = 128;

/// Everything that is wrong with a text offered as a trail's name or ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} {}", .wrong.join("; "))]
pub struct InvalidTrailName {
    /// What was offered, cut to 64 characters.
    pub found: String,
    /// What is wrong with it, each as a phrase that names the limit.
    pub wrong: Vec<String>,
}

impl InvalidTrailName {
    fn new(found: &str, wrong: Vec<String>) -> Self {
        let found = found.chars().take(64).collect();
        Self { found, wrong }
    }
}

/// The name of a trail: 3 to 128 ASCII letters, digits, `.`, `_` and `-`; a letter or digit at both ends, no two
/// marks side by side, and not the form of an IP address ("Naming requirements" in the CloudTrail user guide).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrailName(Arc<str>);

impl TrailName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TrailName {
    type Err = InvalidTrailName;

    fn from_str(text: &str) -> Result<Self, InvalidTrailName> {
        let wrong = wrong_with_name(text);
        if wrong.is_empty() {
            Ok(Self(text.into()))
        } else {
            Err(InvalidTrailName::new(text, wrong))
        }
    }
}

fn mark(c: char) -> bool {
    matches!(c, '.' | '_' | '-')
}

fn wrong_with_name(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let length = text.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        wrong.push(format!(
            "has {length} characters; {SHORTEST} to {LONGEST} are allowed"
        ));
    }
    if !text.chars().all(|c| c.is_ascii_alphanumeric() || mark(c)) {
        wrong.push("has characters other than ASCII letters, digits, '.', '_' and '-'".to_owned());
    }
    if text.starts_with(mark) || text.ends_with(mark) {
        wrong.push("must begin and end with a letter or digit".to_owned());
    }
    if text
        .chars()
        .zip(text.chars().skip(1))
        .any(|(a, b)| mark(a) && mark(b))
    {
        wrong.push("has two of '.', '_' and '-' side by side".to_owned());
    }
    if looks_like_address(text) {
        wrong.push("has the form of an IP address".to_owned());
    }
    wrong
}

/// Four numbers between periods, also those that no address has, such as 999.1.1.1.
fn looks_like_address(text: &str) -> bool {
    let number =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    text.split('.').count() == 4 && text.split('.').all(number)
}

impl fmt::Display for TrailName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TrailName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `arn:<partition>:cloudtrail:<home Region>:<owner>:trail/<name>`. Ordered as text.
#[derive(Clone)]
pub struct TrailArn {
    text: Arc<str>,
    home_region: Region,
    owner: AccountId,
    name: TrailName,
}

impl TrailArn {
    /// The shape, for error messages.
    pub const SHAPE: &'static str =
        "a trail's ARN: arn:<partition>:cloudtrail:<home Region>:<account id>:trail/<name>";

    /// The ARN of the trail of this name that this account has in this Region.
    pub fn of(owner: AccountId, home_region: Region, name: TrailName) -> Self {
        let partition = home_region.partition();
        let text = format!("arn:{partition}:cloudtrail:{home_region}:{owner}:trail/{name}");
        Self {
            text: text.into(),
            home_region,
            owner,
            name,
        }
    }

    /// An ARN that AWS itself gave: its name is taken as it is, so that no trail is lost over a rule. `None` if it
    /// is not the ARN of a trail at all.
    pub fn given_by_aws(text: &str) -> Option<Self> {
        let (home_region, owner, name) = parts(text).ok()?;
        (!name.is_empty()).then(|| Self {
            text: text.into(),
            home_region,
            owner,
            name: TrailName(name.into()),
        })
    }

    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The Region in which it was created, and in which it is changed.
    pub fn home_region(&self) -> &Region {
        &self.home_region
    }

    /// The account that owns it; of an organization's trail the management account.
    pub fn owner(&self) -> AccountId {
        self.owner
    }

    /// The name.
    pub fn name(&self) -> &TrailName {
        &self.name
    }
}

/// Home Region, owner and what stands where the name does; or all that is wrong.
fn parts(text: &str) -> Result<(Region, AccountId, &str), Vec<String>> {
    let shape = || vec![format!("is not {}", TrailArn::SHAPE)];
    let ["arn", partition, "cloudtrail", region, account, resource] =
        text.splitn(6, ':').collect::<Vec<_>>()[..]
    else {
        return Err(shape());
    };
    let name = resource.strip_prefix("trail/").ok_or_else(shape)?;
    let mut wrong = Vec::new();
    let mut keep = |what: String| wrong.push(what);
    let partition: Option<Partition> = partition.parse().map_err(|e| keep(format!("{e}"))).ok();
    let region: Option<Region> = region.parse().map_err(|e| keep(format!("{e}"))).ok();
    let account: Option<AccountId> = account.parse().map_err(|e| keep(format!("{e}"))).ok();
    if let (Some(partition), Some(region)) = (partition, &region)
        && region.partition() != partition
    {
        keep(format!(
            "names {region}, which is not in partition {partition}"
        ));
    }
    match (region, account) {
        (Some(region), Some(account)) if wrong.is_empty() => Ok((region, account, name)),
        _ => Err(wrong),
    }
}

impl FromStr for TrailArn {
    type Err = InvalidTrailName;

    fn from_str(text: &str) -> Result<Self, InvalidTrailName> {
        let name = text.rsplit_once(":trail/").map(|(_, name)| name);
        let mut wrong = name.map(wrong_with_name).unwrap_or_default();
        match parts(text) {
            Ok((home_region, owner, name)) if wrong.is_empty() => Ok(Self {
                text: text.into(),
                home_region,
                owner,
                name: TrailName(name.into()),
            }),
            Ok(_) => Err(InvalidTrailName::new(text, wrong)),
            Err(mut shape) => {
                shape.append(&mut wrong);
                Err(InvalidTrailName::new(text, shape))
            }
        }
    }
}

impl PartialEq for TrailArn {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for TrailArn {}

impl PartialOrd for TrailArn {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TrailArn {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl std::hash::Hash for TrailArn {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for TrailArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for TrailArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_rules_of_aws_by_its_own_examples() {
        for right in [
            "abc",
            "my-trail",
            "Trail.1_a-b",
            "1.2.3",
            "10.0.0.0.1",
            &"a".repeat(128),
        ] {
            assert!(right.parse::<TrailName>().is_ok(), "{right}");
        }
        for wrong in [
            "",
            "ab",
            "my-_namespace",
            "my--trail",
            "-trail",
            "trail.",
            "192.168.5.4",
            "999.1.1.1",
            "naïve",
            "a b c",
            "a/b/c",
            &"a".repeat(129),
        ] {
            assert!(wrong.parse::<TrailName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_with_the_limits() {
        let error = "-_".parse::<TrailName>().unwrap_err().to_string();
        for part in ["3 to 128", "begin and end", "side by side"] {
            assert!(error.contains(part), "{error}");
        }
        let arn = "arn:aws:cloudtrail:cn-north-1:12:trail/a--b";
        let error = arn.parse::<TrailArn>().unwrap_err().to_string();
        for part in ["12 digits", "not in partition aws", "side by side"] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn what_aws_names_is_taken_as_it_is() {
        let arn = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/old--name";
        assert!(arn.parse::<TrailArn>().is_err());
        assert_eq!(
            TrailArn::given_by_aws(arn).unwrap().name().as_str(),
            "old--name"
        );
        for no_trail in [
            "arn:aws:cloudtrail:eu-west-1:111111111111:eventdatastore/x",
            "arn:aws:cloudtrail:eu-west-1:111111111111:trail/",
            "x",
        ] {
            assert_eq!(TrailArn::given_by_aws(no_trail), None);
        }
    }

    /// The rules once more, as one reads them, to compare the code with.
    fn allowed(text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        let address: Vec<&str> = text.split('.').collect();
        let address = address.len() == 4
            && address
                .iter()
                .all(|p| (1..=3).contains(&p.len()) && p.chars().all(|c| c.is_ascii_digit()));
        chars.len() >= 3
            && chars.len() <= 128
            && chars
                .iter()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
            && chars.first().is_some_and(char::is_ascii_alphanumeric)
            && chars.last().is_some_and(char::is_ascii_alphanumeric)
            && !chars
                .windows(2)
                .any(|w| w.iter().all(|c| "._-".contains(*c)))
            && !address
    }

    proptest! {
        #[test]
        fn a_name_is_taken_exactly_if_the_rules_allow_it(text in "[a-b1-2._\\-é ]{0,12}|[0-9.]{5,15}|[a-z\\-]{120,135}") {
            prop_assert_eq!(text.parse::<TrailName>().is_ok(), allowed(&text), "{}", text);
        }

        #[test]
        fn an_arn_reads_back_as_it_was_made(
            name in "[a-z0-9]([._\\-]?[a-z0-9]){2,20}",
            owner in 0u64..1_000_000_000_000,
            region in prop::sample::select(vec!["us-east-1", "cn-north-1", "us-gov-west-1", "ap-southeast-2"]),
        ) {
            let Ok(name) = name.parse::<TrailName>() else { return Ok(()) };
            let owner = AccountId::from_u64(owner).unwrap();
            let arn = TrailArn::of(owner, region.parse().unwrap(), name.clone());
            let read: TrailArn = arn.as_str().parse().unwrap();
            prop_assert_eq!(read.owner(), owner);
            prop_assert_eq!(read.name(), &name);
            prop_assert_eq!(read.home_region().as_str(), region);
            prop_assert_eq!(TrailArn::given_by_aws(arn.as_str()), Some(arn));
        }

        #[test]
        fn no_text_makes_the_parsers_fail_but_by_their_errors(text in ".{0,80}", tail in ".{0,20}") {
            let arn = format!("arn:aws:cloudtrail:us-east-1:111111111111:trail/{tail}");
            prop_assert_eq!(arn.parse::<TrailArn>().is_ok(), tail.parse::<TrailName>().is_ok());
            let _ = text.parse::<TrailArn>();
            let _ = TrailArn::given_by_aws(&text);
        }
    }
}
