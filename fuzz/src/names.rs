//! Names and ids of AWS's, in text.
//!
//! What is taken is written as it was read.

use std::{fmt::Display, str::FromStr};

use trailplane::{
    domain::{
        AccountId, Api, LookupAttributeKind, OrganizationId, OrganizationalUnitId, Region, RoleArn,
        Timestamp, TrailArn, TrailName, target::UnitRef,
    },
    logs::name::Named,
};

fn same<T: FromStr + Display + PartialEq>(text: &str) {
    let Ok(read) = text.parse::<T>() else {
        return;
    };
    let written = read.to_string();
    assert_eq!(written, text);
    assert!(
        written.parse::<T>().is_ok_and(|again| again == read),
        "{written:?}"
    );
}

/// See the module.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    same::<AccountId>(text);
    same::<Region>(text);
    same::<OrganizationId>(text);
    same::<OrganizationalUnitId>(text);
    same::<RoleArn>(text);
    same::<TrailName>(text);
    same::<TrailArn>(text);
    same::<Named>(text);
    let _ = text.parse::<UnitRef>();
    let _ = text.parse::<Api>();
    let _ = text.parse::<LookupAttributeKind>();
    if let Ok(time) = text.parse::<Timestamp>() {
        let written = time.to_string();
        assert_eq!(written.parse::<Timestamp>().ok(), Some(time), "{written:?}");
    }
}
