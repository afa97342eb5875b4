//! The people and programs that act in an account. Who they are follows from the account's hash.

use super::CellHistory;
use crate::sandbox::hash;
use crate::sandbox::id;

/// How long one of their sessions lasts, in seconds; a new one has a new access key.
pub const SESSION_SECONDS: i64 = 43_200;

/// Somebody who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// A person with administrator rights, by single sign-on.
    Administrator,
    /// A person who develops.
    Developer,
    /// A person who only looks.
    Analyst,
    /// An IAM user with a long-term key that nobody has replaced yet.
    BackupUser,
    /// The pipeline.
    Pipeline,
    /// A web server's instance role.
    WebServer,
    /// A function.
    OrderFunction,
    /// The posture scanner of the security team.
    Scanner,
    /// A node of a cluster.
    ClusterNode,
    /// AWS Config, by its service-linked role.
    ConfigRecorder,
    /// An AWS service by itself.
    AwsService,
    /// The account's root user.
    Root,
}

const PEOPLE: [&str; 14] = [
    "alice.meyer",
    "bruno.costa",
    "chiara.rossi",
    "dmitri.ivanov",
    "elena.petrova",
    "farid.haddad",
    "grace.okafor",
    "hiro.tanaka",
    "ines.silva",
    "jonas.berg",
    "kavya.nair",
    "liam.obrien",
    "mei.chen",
    "noor.rahman",
];

impl Actor {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Administrator,
        Self::Developer,
        Self::Analyst,
        Self::BackupUser,
        Self::Pipeline,
        Self::WebServer,
        Self::OrderFunction,
        Self::Scanner,
        Self::ClusterNode,
        Self::ConfigRecorder,
        Self::AwsService,
        Self::Root,
    ];

    /// Its place in the list: what an access key encodes.
    pub fn number(self) -> u64 {
        Self::ALL
            .iter()
            .zip(0..)
            .find(|(actor, _)| **actor == self)
            .map_or(0, |(_, n)| n)
    }

    /// The role whose session it uses, if it does.
    pub fn role(self) -> Option<&'static str> {
        Some(match self {
            Self::Administrator => "AWSReservedSSO_AdministratorAccess_4f1d2c3b5a697887",
            Self::Developer => "AWSReservedSSO_PowerUserAccess_9a8b7c6d5e4f3021",
            Self::Analyst => "AWSReservedSSO_ViewOnlyAccess_0b1c2d3e4f5a6978",
            Self::Pipeline => "GitHubDeploy",
            Self::WebServer => "WebServerRole",
            Self::OrderFunction => "order-processor-role",
            Self::Scanner => "PostureScanner",
            Self::ClusterNode => "eks-node-role",
            Self::ConfigRecorder => "AWSServiceRoleForConfig",
            Self::BackupUser | Self::AwsService | Self::Root => return None,
        })
    }

    /// CloudTrail's `Username` in this cell.
    pub fn username(self, cell: &CellHistory<'_>) -> Option<String> {
        let own = hash::with(cell.account_key, self.number());
        Some(match self {
            Self::Administrator | Self::Developer | Self::Analyst => {
                hash::choose(&PEOPLE, own).to_owned()
            }
            Self::BackupUser => "svc-backup".to_owned(),
            Self::Pipeline => "github-actions".to_owned(),
            Self::WebServer | Self::ClusterNode => {
                format!("i-{:017x}", hash::with(cell.key, self.number()) >> 4)
            }
            Self::OrderFunction => "order-processor".to_owned(),
            Self::Scanner => "posture-scan".to_owned(),
            Self::ConfigRecorder => "AWSConfig-Describe".to_owned(),
            Self::Root => "root".to_owned(),
            Self::AwsService => return None,
        })
    }

    /// The access key it signs with at this second.
    pub fn access_key(self, cell: &CellHistory<'_>, second: i64) -> Option<String> {
        match self {
            Self::AwsService | Self::Root => None,
            Self::BackupUser => Some(Self::long_term_key(cell)),
            _ => {
                let epoch = u64::try_from(second.div_euclid(SESSION_SECONDS)).unwrap_or(0);
                Some(id::session_key(cell.account_key, self.number(), epoch))
            }
        }
    }

    /// The long-term key of the account's backup user.
    pub fn long_term_key(cell: &CellHistory<'_>) -> String {
        let own = hash::with_text(cell.account_key, "long-term key");
        let half = (1 << 40) - 1;
        format!(
            "AKIA{}{}",
            id::base32(own & half),
            id::base32(hash::mix(own) & half)
        )
    }

    /// Where its calls come from.
    pub fn source_ip(self, cell: &CellHistory<'_>) -> String {
        let own = hash::with(cell.account_key, 100 + self.number());
        let (a, b) = (own % 250 + 2, own / 250 % 250 + 2);
        match self {
            Self::Administrator | Self::Developer | Self::Analyst | Self::Root => {
                format!("198.51.100.{a}")
            }
            Self::Pipeline | Self::Scanner => format!("192.0.2.{a}"),
            Self::WebServer | Self::OrderFunction | Self::ClusterNode | Self::BackupUser => {
                format!("10.20.{b}.{a}")
            }
            Self::ConfigRecorder => "config.amazonaws.com".to_owned(),
            Self::AwsService => "ec2.amazonaws.com".to_owned(),
        }
    }

    /// What its calls are made with.
    pub fn user_agent(self) -> &'static str {
        match self {
            Self::Administrator | Self::Root => {
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36"
            }
            Self::Developer | Self::Analyst => {
                "aws-cli/2.17.9 md/awscrt#0.20.11 ua/2.0 os/macos#14.5 lang/python#3.11.8"
            }
            Self::BackupUser => "Boto3/1.26.90 Python/3.9.16 Linux/5.10 Botocore/1.29.90",
            Self::Pipeline => {
                "APN/1.0 HashiCorp/1.0 Terraform/1.8.4 aws-sdk-go-v2/1.27.0 os/linux lang/go#1.22.2"
            }
            Self::WebServer => {
                "aws-sdk-java/2.25.60 Linux/6.1.91 OpenJDK_64-Bit_Server_VM/17.0.11 Java/17.0.11"
            }
            Self::OrderFunction => {
                "aws-sdk-js/3.583.0 ua/2.1 os/linux#5.10 lang/js md/nodejs#20.12.2 exec-env/AWS_Lambda_nodejs20.x"
            }
            Self::Scanner => {
                "Boto3/1.34.113 md/Botocore#1.34.113 ua/2.0 os/linux#6.5 lang/python#3.12.3"
            }
            Self::ClusterNode => "amazon-vpc-cni-k8s aws-sdk-go/1.51.32 (go1.22.2; linux; amd64)",
            Self::ConfigRecorder => "config.amazonaws.com",
            Self::AwsService => "ec2.amazonaws.com",
        }
    }
}
