//! The name of a bucket, and how it is kept small: a million of them must fit into memory.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use foldhash::fast::RandomState;

use crate::domain::{AccountId, Api, Region};

/// Names one bucket: the account whose credentials sign, the Region of the endpoint called, and the operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BucketKey {
    /// The account of the credentials: AWS charges the quota to it.
    pub account: AccountId,
    /// The Region of the endpoint that is called.
    pub region: Region,
    /// The operation.
    pub api: Api,
}

/// A key in one word: the account's number, the Region's place among those seen, the operation's place in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Packed(u64);

const REGION_BITS: u32 = 12;
const API_BITS: u32 = 8;

impl Packed {
    /// A number that spreads keys over shards.
    pub(super) fn spread(self) -> u64 {
        // Fibonacci hashing; account ids are AWS's, so that nobody can choose them to collide.
        self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32
    }

    /// The operation.
    pub(super) fn api(self) -> Option<Api> {
        let api = usize::try_from(self.0 & ((1 << API_BITS) - 1)).ok()?;
        Api::ALL.get(api).copied()
    }

    /// The Region's place.
    pub(super) fn region(self) -> u16 {
        let region = self.0 >> API_BITS & ((1 << REGION_BITS) - 1);
        u16::try_from(region).unwrap_or(u16::MAX)
    }
}

/// The Regions seen so far, each with its place. They come from configuration, so they are few.
#[derive(Debug, Default)]
pub(super) struct Keys {
    places: RwLock<HashMap<Region, u16, RandomState>>,
    names: RwLock<Vec<Region>>,
}

impl Keys {
    /// The key in one word. Regions beyond 4,096 would share a place; AWS has some forty.
    pub(super) fn pack(&self, key: &BucketKey) -> Packed {
        let region = u64::from(self.place(&key.region)) & ((1 << REGION_BITS) - 1);
        let account = key.account.as_u64() << (REGION_BITS + API_BITS);
        Packed(account | region << API_BITS | u64::from(key.api.index()))
    }

    /// The key that was packed.
    pub(super) fn unpack(&self, packed: Packed) -> Option<BucketKey> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        Some(BucketKey {
            account: AccountId::from_u64(packed.0 >> (REGION_BITS + API_BITS))?,
            region: names.get(usize::from(packed.region()))?.clone(),
            api: packed.api()?,
        })
    }

    fn place(&self, region: &Region) -> u16 {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get(region) {
            return *place;
        }
        drop(places);
        let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        let next = u16::try_from(places.len()).unwrap_or(u16::MAX);
        *places.entry(region.clone()).or_insert_with(|| {
            names.push(region.clone());
            next
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_key_is_the_same_key() {
        let keys = Keys::default();
        let mut seen = std::collections::HashSet::new();
        for account in ["000000000001", "111111111111", "999999999999"] {
            for region in ["eu-west-1", "us-east-1", "us-gov-west-1"] {
                for api in Api::ALL {
                    let key = BucketKey {
                        account: account.parse().unwrap(),
                        region: region.parse().unwrap(),
                        api: *api,
                    };
                    let packed = keys.pack(&key);
                    assert!(seen.insert(packed));
                    assert_eq!(keys.unpack(packed), Some(key));
                }
            }
        }
    }
}
