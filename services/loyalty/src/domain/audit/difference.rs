use std::fmt;

use uuid::Uuid;

use crate::domain::ledger::Account;

/// Differences that are told; more are only counted.
const TOLD: usize = 100;

/// Something that is recorded otherwise than it is recomputed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Whose it is; `None` where it is nobody's alone.
    pub holder_id: Option<Uuid>,
    /// What it is about.
    pub subject: Subject,
    /// What differs.
    pub quantity: Quantity,
    /// What is recorded.
    pub recorded: String,
    /// What it should be.
    pub recomputed: String,
}

/// What a difference is about, by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A holder.
    Holder(Uuid),
    /// A wallet, by its code.
    Wallet(String),
    /// An operation.
    Operation(Uuid),
    /// An operation with the lots that it opens: one of them all.
    Opening(Uuid, Vec<Uuid>),
    /// An entry, by its number in a wallet.
    Entry(String, i64),
    /// A lot.
    Lot(Uuid),
    /// A hold.
    Hold(Uuid),
    /// A redemption of which points were given back.
    Redemption(Uuid),
    /// A link of a chain.
    Link(i16, i64),
    /// A chain.
    Chain(i16),
    /// A point currency.
    Currency(String),
}

/// A table of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Account holders.
    Holders,
    /// Wallets.
    Wallets,
    /// Operations.
    Operations,
    /// Lots.
    Lots,
    /// Holds.
    Holds,
    /// What was given back of redemptions.
    Restorations,
    /// Ends of chains.
    Heads,
    /// Links of chains.
    Links,
}

/// What differs of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Whether it is there at all.
    Presence,
    /// The hash.
    Hash,
    /// Kind of the operation.
    Kind,
    /// The packed entries.
    Entries,
    /// What the entries add up to.
    Sum,
    /// Entries on the program's account of the operation's kind.
    CounterEntries,
    /// The account that an entry moves.
    Account,
    /// The balance after an entry.
    BalanceAfter,
    /// Number of the first entry.
    FirstEntry,
    /// The lot that an entry names.
    LotOfEntry,
    /// An account's balance.
    Balance(Account),
    /// Points ever earned.
    LifetimeEarned,
    /// How many entries there are.
    EntryCount,
    /// The last operation.
    LastOperation,
    /// Points at opening.
    Original,
    /// Points that went to expiry.
    Lapsed,
    /// The wallet that it belongs to.
    Wallet,
    /// What it is for.
    Reference,
    /// Points reserved.
    Points,
    /// What each lot gave.
    Shares,
    /// Points spent of a hold.
    Confirmed,
    /// Points spent beyond a hold.
    ConfirmedBeyond,
    /// The redemptions.
    Redemptions,
    /// Who placed a hold.
    Customer,
    /// When a hold times out.
    ExpireTime,
    /// When it was made.
    CreateTime,
    /// How a hold ended.
    State,
    /// Points given back.
    Restored,
    /// How many operations a link stands for.
    Operations,
    /// Where operations stand in their link.
    Ordinals,
    /// The last link.
    LastLink,
}

/// What was found: the first differences, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The first ones.
    pub first: Vec<Difference>,
    /// All.
    pub count: u64,
}

impl Findings {
    /// Notes a difference.
    pub fn add(&mut self, difference: impl FnOnce() -> Difference) {
        self.count += 1;
        if self.first.len() < TOLD {
            self.first.push(difference());
        }
    }
}

impl Subject {
    /// The table in which it stands.
    pub const fn table(&self) -> Table {
        match self {
            Self::Holder(_) => Table::Holders,
            Self::Wallet(_) | Self::Currency(_) => Table::Wallets,
            Self::Operation(_) | Self::Opening(..) | Self::Entry(..) => Table::Operations,
            Self::Lot(_) => Table::Lots,
            Self::Hold(_) => Table::Holds,
            Self::Redemption(_) => Table::Restorations,
            Self::Link(..) => Table::Links,
            Self::Chain(_) => Table::Heads,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(holder_id) = self.holder_id {
            write!(formatter, "holder {holder_id}, ")?;
        }
        let Self {
            subject,
            quantity,
            recorded,
            recomputed,
            ..
        } = self;
        write!(
            formatter,
            "{subject}: {quantity} is {recorded}, recomputed it is {recomputed}"
        )
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Holders => "holders",
            Self::Wallets => "wallets",
            Self::Operations => "operations",
            Self::Lots => "lots",
            Self::Holds => "holds",
            Self::Restorations => "restorations",
            Self::Heads => "chain_heads",
            Self::Links => "chain_links",
        })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holder(id) => write!(formatter, "holder {id}"),
            Self::Wallet(code) => write!(formatter, "wallet {code}"),
            Self::Operation(id) => write!(formatter, "operation {id}"),
            Self::Opening(id, lots) => {
                write!(formatter, "operation {id}")?;
                lots.iter()
                    .try_for_each(|lot_id| write!(formatter, " or its lot {lot_id}"))
            }
            Self::Entry(code, number) => write!(formatter, "entry {number} of wallet {code}"),
            Self::Lot(id) => write!(formatter, "lot {id}"),
            Self::Hold(id) => write!(formatter, "hold {id}"),
            Self::Redemption(id) => write!(formatter, "redemption {id}"),
            Self::Link(chain, link) => write!(formatter, "link {link} of chain {chain}"),
            Self::Chain(chain) => write!(formatter, "chain {chain}"),
            Self::Currency(code) => write!(formatter, "point currency {code}"),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Presence => "presence",
            Self::Hash => "hash",
            Self::Kind => "kind",
            Self::Entries => "packed entries",
            Self::Sum => "sum of the entries",
            Self::CounterEntries => "number of counter-entries",
            Self::Account => "account",
            Self::BalanceAfter => "balance after",
            Self::FirstEntry => "number of the first entry",
            Self::LotOfEntry => "lot",
            Self::Balance(account) => return write!(formatter, "balance {}", account.name()),
            Self::LifetimeEarned => "lifetime earned",
            Self::EntryCount => "number of entries",
            Self::LastOperation => "last operation",
            Self::Original => "original amount",
            Self::Lapsed => "lapsed points",
            Self::Wallet => "wallet",
            Self::Reference => "reference",
            Self::Points => "points",
            Self::Shares => "shares of lots",
            Self::Confirmed => "points confirmed",
            Self::ConfirmedBeyond => "points confirmed beyond it",
            Self::Redemptions => "redemptions",
            Self::Customer => "customer",
            Self::ExpireTime => "time of expiry",
            Self::CreateTime => "time of creation",
            Self::State => "state",
            Self::Restored => "points given back",
            Self::Operations => "number of operations",
            Self::Ordinals => "places of operations",
            Self::LastLink => "last link",
        })
    }
}
