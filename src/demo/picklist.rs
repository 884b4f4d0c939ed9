//! The pick lists of the simulated CRM and the words it exports for them.

/// A stage of the sales pipeline, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Discovery,
    Qualified,
    Demo,
    Trial,
    FinalDecision,
    Won,
    Lost,
}

impl Stage {
    pub const ALL: [Self; 7] =
        [Self::Discovery, Self::Qualified, Self::Demo, Self::Trial, Self::FinalDecision, Self::Won, Self::Lost];
    /// The stages of open deals.
    pub const OPEN: [Self; 5] = [Self::Discovery, Self::Qualified, Self::Demo, Self::Trial, Self::FinalDecision];

    pub fn text(self) -> &'static str {
        match self {
            Self::Discovery => "Discovery",
            Self::Qualified => "Qualified",
            Self::Demo => "Demo",
            Self::Trial => "Trial",
            Self::FinalDecision => "Final decision",
            Self::Won => "Closed Won",
            Self::Lost => "Closed Lost",
        }
    }

    /// The probability the CRM fills in, in percent.
    pub fn default_probability(self) -> u8 {
        [10, 20, 40, 60, 80, 100, 0][self as usize]
    }

    pub fn default_category(self) -> Category {
        match self {
            Self::Discovery | Self::Qualified => Category::Pipeline,
            Self::Demo => Category::BestCase,
            Self::Trial => Category::MostLikely,
            Self::FinalDecision => Category::Commit,
            Self::Won => Category::Closed,
            Self::Lost => Category::Omitted,
        }
    }

    pub fn is_closed(self) -> bool {
        self >= Self::Won
    }

    /// The stage after an open one; the final decision's is itself.
    pub fn next(self) -> Self {
        Self::OPEN[(self as usize + 1).min(4)]
    }

    /// The stage before an open one; the first's is itself.
    pub fn before(self) -> Self {
        Self::OPEN[(self as usize).clamp(1, 5) - 1]
    }
}

/// Where a rep sees a deal in his forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    Omitted,
    Pipeline,
    BestCase,
    MostLikely,
    Commit,
    Closed,
}

impl Category {
    /// `commit_label` is what the CRM calls the commit at the time.
    pub fn text(self, commit_label: &'static str) -> &'static str {
        match self {
            Self::Omitted => "Omitted",
            Self::Pipeline => "Pipeline",
            Self::BestCase => "Best Case",
            Self::MostLikely => "Most Likely",
            Self::Commit => commit_label,
            Self::Closed => "Closed",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    Smb,
    MidMarket,
    Enterprise,
}

impl Segment {
    pub const ALL: [Self; 3] = [Self::Smb, Self::MidMarket, Self::Enterprise];

    pub fn text(self) -> &'static str {
        ["SMB", "Mid-Market", "Enterprise"][self as usize]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DealType {
    New,
    Expansion,
    Renewal,
}

impl DealType {
    pub fn text(self) -> &'static str {
        ["New Business", "Expansion", "Renewal"][self as usize]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Web,
    Referral,
    TradeShow,
    Outbound,
    Partner,
    ExistingCustomer,
}

impl Source {
    pub fn text(self) -> &'static str {
        ["Web", "Referral", "Trade Show", "Outbound", "Partner", "Existing Customer"][self as usize]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    Benchline,
    Flowgate,
    Fieldkit,
    CalibrationPlan,
}

impl Product {
    pub const ALL: [Self; 4] = [Self::Benchline, Self::Flowgate, Self::Fieldkit, Self::CalibrationPlan];

    pub fn text(self) -> &'static str {
        ["Benchline", "Flowgate", "Fieldkit", "Calibration Plan"][self as usize]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Competitor {
    Quillon,
    Vantreo,
    Oberfeld,
}

impl Competitor {
    pub const ALL: [Self; 3] = [Self::Quillon, Self::Vantreo, Self::Oberfeld];

    pub fn text(self) -> &'static str {
        ["Quillon Metrology", "Vantreo", "Oberfeld & Lutz"][self as usize]
    }
}

/// Why a deal was lost; `NotAFit` is for disqualified ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostReason {
    Price,
    Competitor,
    NoDecision,
    Timing,
    MissingFeature,
    ChampionLeft,
    NotAFit,
}

impl LostReason {
    /// The reasons of lost deals.
    pub const LOST: [Self; 6] =
        [Self::Price, Self::Competitor, Self::NoDecision, Self::Timing, Self::MissingFeature, Self::ChampionLeft];

    pub fn text(self) -> &'static str {
        ["Price", "Competitor", "No decision", "Timing", "Missing feature", "Champion left", "Not a fit"][self as usize]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Currency {
    Usd,
    Eur,
    Gbp,
}

impl Currency {
    pub const ALL: [Self; 3] = [Self::Usd, Self::Eur, Self::Gbp];

    pub fn text(self) -> &'static str {
        ["USD", "EUR", "GBP"][self as usize]
    }
}
