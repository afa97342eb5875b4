//! The two scripts: their texts, how they are called, and what their answers mean.
//!
//! The text of the reservation script names the epoch, so that a server which has never been in it does not know the
//! script. That is how a failover is noticed by the first call after it, whoever reconnected: NOSCRIPT, and then the
//! script is sent whole and asks the server who it is.

use std::{sync::LazyLock, time::Duration};

use redis::{Cmd, Script, Value};

use super::super::super::slots::{CATCH_UP, Micros, micros};

/// Each replica is heard this often.
pub(super) const BEAT: Duration = Duration::from_millis(500);
/// Who was not heard for so long is on its own: four beats, so that one lost in a network or a pause is no news.
pub(super) const SILENT: Duration = Duration::from_secs(2);
/// A rank is open so long after it was taken: who had it may take that long to see that it is not alone any more.
const SETTLED: Duration = Duration::from_millis(1500);
/// Without a beat for so long the clock was set forward, or nobody was there.
const GAP: Duration = Duration::from_millis(1500);
/// In a new epoch, ranks go to those who had them, for two beats.
const CLAIM: Duration = Duration::from_millis(1000);
/// A reservation of more than one slot reaches no further than this beyond its first.
pub(super) const REACH: Duration = Duration::from_millis(100);
/// Where no rank is open, it is asked again in this time at most.
const ASK_AGAIN: Duration = Duration::from_millis(250);
/// A tag's clock may be behind the first tag's by this: how well one is known from answers of the other.
const REF_BLUR: Duration = Duration::from_millis(20);
/// A pace is forgotten in ten minutes, and kept a little longer.
const PACE_LASTS: Duration = Duration::from_secs(3600);
/// Two moments this close are the same cut, as two replicas' clocks tell it; cuts themselves are a second apart.
const SAME_CUT: Duration = Duration::from_millis(500);
/// With nobody there for so long, the next to come begins anew.
const FLEET_LASTS: Duration = Duration::from_secs(3600);

/// A script's text, and the name by which a server remembers it.
#[derive(Debug)]
pub(super) struct Text {
    sha: String,
    text: String,
}

impl Text {
    fn new(text: String) -> Self {
        Self {
            sha: Script::new(&text).get_hash().to_owned(),
            text,
        }
    }

    /// The call by name.
    pub(super) fn by_name(&self) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.sha);
        command
    }

    /// The call with the whole text.
    pub(super) fn whole(&self) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(&self.text);
        command
    }
}

/// The script of a beat.
pub(super) static BEAT_SCRIPT: LazyLock<Text> =
    LazyLock::new(|| Text::new([&head(), include_str!("beat.lua")].concat()));

/// The script that reserves, in this epoch.
pub(super) fn reserving(epoch: &str) -> Text {
    let name = format!("-- epoch {epoch}\n");
    Text::new([&name, head().as_str(), include_str!("slots.lua")].concat())
}

/// The scripts as they are sent, for who wants to read or audit them: that of a beat, and the one that reserves in an
/// epoch. Their constants are at their heads.
pub fn texts(epoch: &str) -> [String; 2] {
    [BEAT_SCRIPT.text.clone(), reserving(epoch).text]
}

/// The constants, and what both scripts begin with.
fn head() -> String {
    let numbers = [
        ("SILENT", micros(SILENT)),
        ("SETTLED", micros(SETTLED)),
        ("GAP", micros(GAP)),
        ("CLAIM", micros(CLAIM)),
        ("REACH", micros(REACH)),
        ("CATCH_UP", CATCH_UP),
        ("ASK_AGAIN", micros(ASK_AGAIN)),
        ("REF_BLUR", micros(REF_BLUR)),
        ("PACE_LASTS", micros(PACE_LASTS)),
        ("SAME_CUT", micros(SAME_CUT)),
        ("FLEET_LASTS", micros(FLEET_LASTS) / 1000),
    ];
    let mut head = String::new();
    for (name, number) in numbers {
        head.push_str(&format!("local {name} = {number}\n"));
    }
    head.push_str(include_str!("fleet.lua"));
    head
}

/// What a beat is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be heard, and to have a rank.
    Member,
    /// To be heard where ranks are not given out.
    Told,
    /// To look without being heard.
    Visit,
    /// To give the rank back.
    Leave,
}

impl Purpose {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Member => "beat",
            Self::Told => "told",
            Self::Visit => "visit",
            Self::Leave => "leave",
        }
    }
}

/// The answer to a beat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    /// The store's clock.
    pub(super) now: Micros,
    pub(super) epoch: String,
    pub(super) rank: Option<u32>,
    /// The number of ranks in force.
    pub(super) ranks: u32,
    pub(super) open: u64,
    pub(super) alive: u32,
}

/// The answer to one wish of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) delays: Vec<Micros>,
    pub(super) due: Micros,
    pub(super) retry: Micros,
    pub(super) pace: Option<String>,
}

/// What a script answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer<T> {
    /// It was done.
    Done(T),
    /// It came after its time, by the store's clock, and nothing was done.
    Late {
        /// The store's clock.
        now: Micros,
    },
    /// The store is in another epoch, and nothing was done.
    Stale,
}

/// Reads a beat's answer; `None` if it is none.
pub(super) fn heard(value: &Value) -> Option<Answer<Heard>> {
    Some(match opened(value)? {
        ("ok", now, [epoch, rank, ranks, open, alive]) => Answer::Done(Heard {
            now,
            epoch: text(epoch)?.to_owned(),
            rank: whole(rank),
            ranks: whole(ranks)?,
            open: whole(open)?,
            alive: whole(alive)?,
        }),
        ("late", now, _) => Answer::Late { now },
        _ => return None,
    })
}

/// Reads a batch's answer: the store's clock, and what was given for each wish. `None` if it is none.
pub(super) fn given(value: &Value) -> Option<Answer<(Micros, Vec<Option<Given>>)>> {
    Some(match opened(value)? {
        ("ok", now, all) => Answer::Done((now, all.iter().map(one).collect())),
        ("late", now, _) => Answer::Late { now },
        ("stale", ..) => Answer::Stale,
        _ => return None,
    })
}

fn one(value: &Value) -> Option<Given> {
    let Value::Array(words) = value else {
        return None;
    };
    let [due, retry, pace, delays @ ..] = words.as_slice() else {
        return None;
    };
    Some(Given {
        due: whole(due)?,
        retry: whole(retry)?,
        pace: text(pace).map(str::to_owned),
        delays: delays.iter().map(whole).collect::<Option<_>>()?,
    })
}

fn opened(value: &Value) -> Option<(&str, Micros, &[Value])> {
    let Value::Array(words) = value else {
        return None;
    };
    let [word, now, rest @ ..] = words.as_slice() else {
        return None;
    };
    Some((text(word)?, whole(now)?, rest))
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

fn whole<T: TryFrom<i64>>(value: &Value) -> Option<T> {
    match value {
        Value::Int(number) => T::try_from(*number).ok(),
        _ => None,
    }
}
