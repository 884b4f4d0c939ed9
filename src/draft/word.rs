//! What columns and values are called elsewhere: the names that CRMs and people have for those of the declared tables.

/// A declared table and what its rows are called, in names of files and before the names of its columns.
pub struct Known {
    pub table: &'static str,
    pub nouns: &'static [&'static str],
    pub columns: &'static [Names],
}

/// A column and its names elsewhere, as [`plain`] gives them; the likelier ones first.
pub struct Names(pub &'static str, pub &'static [&'static str]);

/// Flags by which a CRM tells the status of a deal.
pub const IS_DELETED: &[&str] = &["is_deleted", "deleted", "fivetran_deleted"];
pub const IS_WON: &[&str] = &["is_won", "won", "hs_is_closed_won", "is_closed_won", "closed_won"];
pub const IS_CLOSED: &[&str] = &["is_closed", "closed", "hs_is_closed"];

/// The first characters of the ids of the records that Salesforce names in one field with others.
pub const PREFIXES: &[(&str, &str, &str)] = &[("crm.activity", "deal_id", "006"), ("crm.activity", "lead_id", "00Q")];

/// The tables that are looked for. The first columns of each are its key.
pub const TABLES: &[Known] = &[
    Known {
        table: "crm.deal",
        nouns: &["opportunity", "opportunities", "deal", "deals", "opp"],
        columns: &[
            Names(
                "deal_id",
                &[
                    "id",
                    "seq",
                    "deal_id",
                    "opportunity_id",
                    "opportunityid",
                    "hs_object_id",
                    "record_id",
                    "deal_number",
                    "number",
                ],
            ),
            Names("name", &["name", "deal_name", "dealname", "title", "topic", "subject"]),
            Names(
                "account_id",
                &[
                    "account_id",
                    "account_seq",
                    "company_id",
                    "organization_id",
                    "org_id",
                    "customer_id",
                    "partner_id",
                    "hs_primary_associated_company",
                    "parentaccountid",
                    "account",
                    "account_name",
                    "company",
                    "company_name",
                    "organization",
                    "customer",
                    "client",
                ],
            ),
            Names(
                "owner_id",
                &[
                    "owner_id",
                    "ownerid",
                    "hubspot_owner_id",
                    "user_id",
                    "system_user_seq",
                    "rep_id",
                    "salesperson_id",
                    "owner",
                    "owner_name",
                    "sales_rep",
                    "sales_agent",
                    "salesperson",
                    "account_executive",
                    "rep",
                    "assigned_to",
                    "user",
                ],
            ),
            Names("territory_id", &["territory_id", "territory_2_id", "territory2_id", "territory_seq", "territory"]),
            Names("pipeline", &["pipeline", "pipeline_id", "deal_pipeline_id", "sales_process"]),
            Names(
                "stage",
                &[
                    "stage",
                    "stage_name",
                    "sales_stage",
                    "dealstage",
                    "deal_stage",
                    "stepname",
                    "stage_id",
                    "pipeline_stage_id",
                    "pipeline_stage",
                    "phase",
                ],
            ),
            Names("status", &["status", "state", "outcome", "result"]),
            Names("forecast_category", &["forecast_category_name", "forecast_category", "hs_manual_forecast_category"]),
            Names(
                "amount",
                &[
                    "amount",
                    "value",
                    "deal_value",
                    "estimated_value",
                    "estimatedvalue",
                    "est_revenue",
                    "close_value",
                    "expected_revenue",
                    "revenue",
                    "total",
                    "price",
                ],
            ),
            Names(
                "currency",
                &["currency", "currency_iso_code", "currency_code", "amount_currency", "deal_currency_code"],
            ),
            Names(
                "probability",
                &[
                    "probability",
                    "win_probability",
                    "close_probability",
                    "closeprobability",
                    "hs_deal_stage_probability",
                    "chance",
                ],
            ),
            Names(
                "created_on",
                &[
                    "created_date",
                    "created_on",
                    "create_date",
                    "createdate",
                    "created_at",
                    "createdon",
                    "created",
                    "add_time",
                    "creation_date",
                    "date_created",
                    "open_date",
                    "engage_date",
                ],
            ),
            Names("qualified_on", &["qualified_on", "qualified_date", "date_qualified"]),
            Names(
                "expected_close_on",
                &[
                    "expected_close_on",
                    "expected_close_date",
                    "estimated_close_date",
                    "estimatedclosedate",
                    "est_close_date",
                    "date_deadline",
                    "close_date",
                    "closedate",
                    "target_close_date",
                ],
            ),
            Names(
                "closed_on",
                &["closed_on", "actual_close_date", "actualclosedate", "date_closed", "closed_date", "closed_at"],
            ),
            Names(
                "stage_entered_on",
                &[
                    "stage_entered_on",
                    "last_stage_change_date",
                    "stage_change_time",
                    "date_last_stage_update",
                    "hs_v2_date_entered_current_stage",
                ],
            ),
            Names(
                "last_activity_on",
                &["last_activity_date", "last_activity_on", "last_activity", "notes_last_updated"],
            ),
            Names("next_step", &["next_step", "hs_next_step"]),
            Names("deal_type", &["type", "deal_type", "dealtype"]),
            Names(
                "lead_source",
                &[
                    "lead_source",
                    "source",
                    "origin",
                    "source_id",
                    "hs_analytics_source",
                    "campaign",
                    "campaign_id",
                    "campaign_seq",
                ],
            ),
            Names("product", &["product", "product_name", "product_id", "product_seq"]),
            Names("segment", &["segment", "market_segment"]),
            Names(
                "lost_reason",
                &["lost_reason", "loss_reason", "closed_lost_reason", "lost_reason_id", "reason_lost"],
            ),
            Names("competitor", &["competitor", "main_competitor"]),
            Names("merged_into_id", &["merged_into_id", "merged_into"]),
        ],
    },
    Known {
        table: "crm.account",
        nouns: &[
            "account",
            "accounts",
            "company",
            "companies",
            "organization",
            "organizations",
            "customer",
            "customers",
        ],
        columns: &[
            Names(
                "account_id",
                &[
                    "seq",
                    "id",
                    "accountid",
                    "company_id",
                    "organization_id",
                    "customer_id",
                    "hs_object_id",
                    "record_id",
                    "number",
                ],
            ),
            Names("name", &["name", "account_name", "company_name"]),
            Names(
                "parent_id",
                &[
                    "parent_id",
                    "parent_account_id",
                    "hs_parent_company_id",
                    "parent",
                    "parent_account",
                    "subsidiary_of",
                ],
            ),
            Names("industry", &["industry", "sector", "industry_id", "industry_seq"]),
            Names("segment", &["segment", "market_segment"]),
            Names("size", &["size", "number_of_employees", "numberofemployees", "employees", "company_size"]),
            Names("country", &["country", "billing_country", "address1_country", "country_id", "office_location"]),
            Names("region", &["region", "sales_region"]),
            Names("territory_id", &["territory_id", "territory_seq", "territory"]),
            Names(
                "owner_id",
                &[
                    "owner_id",
                    "ownerid",
                    "hubspot_owner_id",
                    "user_id",
                    "owner_seq",
                    "account_owner_seq",
                    "owner",
                    "account_owner",
                    "salesperson",
                ],
            ),
            Names("first_won_on", &["first_won_on", "customer_since"]),
            Names("churned_on", &["churned_on", "churn_date"]),
        ],
    },
    Known {
        table: "crm.rep",
        nouns: &["user", "users", "owner", "owners", "rep", "reps", "employee", "employees", "salesperson", "team"],
        columns: &[
            Names(
                "rep_id",
                &[
                    "id",
                    "seq",
                    "user_id",
                    "system_user_seq",
                    "owner_id",
                    "rep_id",
                    "employee_id",
                    "systemuserid",
                    "record_id",
                    "sales_agent",
                    "number",
                ],
            ),
            Names("name", &["name", "full_name", "fullname", "user_name", "owner", "rep", "sales_agent", "email"]),
            Names("manager_id", &["manager_id", "manager", "reports_to", "reports_to_id"]),
            Names(
                "team",
                &["team", "team_name", "department", "division", "primary_team_id", "business_unit", "manager"],
            ),
            Names("territory_id", &["territory_id", "territory", "region", "regional_office"]),
            Names("role", &["role", "user_role", "role_id", "user_role_id", "title", "job_title"]),
            Names("hired_on", &["hired_on", "hire_date", "start_date", "date_of_joining"]),
            Names("ramp_months", &["ramp_months"]),
            Names("is_active", &["is_active", "active", "active_flag", "enabled"]),
        ],
    },
    Known {
        table: "crm.lead",
        nouns: &["lead", "leads"],
        columns: &[
            Names("lead_id", &["id", "lead_id", "leadid", "record_id", "hs_object_id", "number"]),
            Names(
                "created_at",
                &[
                    "created_date",
                    "created_at",
                    "created_on",
                    "create_date",
                    "createdate",
                    "createdon",
                    "created",
                    "add_time",
                    "date_created",
                ],
            ),
            Names("source", &["lead_source", "source", "source_name", "hs_analytics_source", "origin"]),
            Names("owner_id", &["owner_id", "hubspot_owner_id", "user_id", "owner", "lead_owner", "salesperson"]),
            Names("company", &["company", "company_account", "company_name", "companyname", "account", "organization"]),
            Names("status", &["status", "lead_status", "hs_lead_status", "state"]),
            Names("first_response_at", &["first_response_at", "first_response", "first_response_date"]),
            Names("first_engaged_at", &["first_engaged_at"]),
            Names("mql_on", &["mql_on", "mql_date"]),
            Names("sql_on", &["sql_on", "sql_date"]),
            Names("converted_on", &["converted_date", "converted_on", "date_converted", "date_conversion"]),
            Names("converted_deal_id", &["converted_opportunity_id", "converted_deal_id"]),
            Names("disqualified_reason", &["disqualified_reason", "disqualification_reason"]),
        ],
    },
    Known {
        table: "crm.territory",
        nouns: &["territory", "territories", "territory2"],
        columns: &[
            Names("territory_id", &["id", "seq", "territory_id", "territory_seq", "territoryid"]),
            Names("name", &["name", "territory_name", "territory", "state_or_province"]),
            Names(
                "parent_id",
                &["parent_id", "parent_territory_2_id", "parent_territory2_id", "parent_territory_id", "parent"],
            ),
            Names("region", &["region"]),
        ],
    },
    Known {
        table: "crm.stage",
        nouns: &["stage", "stages"],
        columns: &[
            Names("pipeline", &["pipeline", "pipeline_id"]),
            Names("stage", &["stage", "name", "stage_name", "master_label", "label", "stage_id"]),
            Names("rank", &["rank", "sort_order", "display_order", "order_nr", "sequence", "order", "position"]),
            Names("kind", &["kind"]),
            Names("default_probability", &["default_probability", "probability", "deal_probability"]),
            Names("typical_days", &["typical_days", "days_to_rotten"]),
        ],
    },
    Known {
        table: "crm.quota",
        nouns: &["quota", "quotas", "target", "targets", "goal", "goals"],
        columns: &[
            Names("scope", &["scope"]),
            Names(
                "scope_id",
                &[
                    "scope_id",
                    "quota_owner_id",
                    "owner_id",
                    "employee_key",
                    "employee_id",
                    "user_id",
                    "rep_id",
                    "rep",
                    "owner",
                    "salesperson",
                    "team",
                ],
            ),
            Names("metric", &["metric"]),
            Names("period_start", &["period_start", "start_date", "starts_on", "from", "date", "month", "quarter"]),
            Names("period_end", &["period_end", "end_date", "ends_on", "to"]),
            Names(
                "amount",
                &["amount", "quota_amount", "quota", "target", "target_amount", "sales_amount_quota", "goal"],
            ),
            Names("currency", &["currency", "currency_iso_code", "currency_code"]),
        ],
    },
    Known {
        table: "crm.activity",
        nouns: &["task", "tasks", "event", "events", "activity", "activities", "call", "calls", "meeting", "meetings"],
        columns: &[
            Names("activity_id", &["id", "activity_id", "engagement_id", "task_id", "event_id", "hs_object_id"]),
            Names(
                "type",
                &["task_subtype", "event_subtype", "type", "activity_type", "activitytypecode", "engagement_type"],
            ),
            Names("direction", &["direction", "call_type", "hs_call_direction"]),
            Names("owner_id", &["owner_id", "hubspot_owner_id", "user_id", "owner", "assigned_to"]),
            Names("deal_id", &["deal_id", "opportunity_id", "what_id"]),
            Names("lead_id", &["lead_id", "who_id"]),
            Names("account_id", &["account_id", "company_id", "org_id"]),
            Names(
                "started_at",
                &[
                    "start_date_time",
                    "started_at",
                    "start_time",
                    "activity_date_time",
                    "activity_date",
                    "hs_timestamp",
                    "due_date",
                    "date",
                ],
            ),
            Names("duration_minutes", &["duration_minutes", "duration_in_minutes", "actualdurationminutes"]),
            Names("is_completed", &["is_completed", "is_closed", "done", "completed"]),
            Names("outcome", &["outcome", "call_disposition", "meeting_outcome"]),
        ],
    },
    Known {
        table: "crm.deal_line",
        nouns: &["line_item", "line_items", "opportunity_line_item", "deal_line", "deal_product", "products"],
        columns: &[
            Names("deal_id", &["opportunity_id", "deal_id"]),
            Names("line_no", &["line_no", "sort_order", "line_number", "lineitemnumber"]),
            Names("product", &["product", "product_name", "name"]),
            Names("quantity", &["quantity"]),
            Names("amount", &["amount", "total_price", "line_total", "extendedamount", "sum"]),
        ],
    },
];

/// What a required column is where no column of the export is it, as an expression, and in words.
pub const STANDS_IN: &[(&str, &str, &str, &str)] = &[
    ("crm.deal", "owner_id", "'unknown'", "no column names an owner"),
    ("crm.stage", "pipeline", "'default'", "the pipeline of deals that name none"),
    ("crm.quota", "scope", "'rep'", "no column says whom it is for: rep, team, territory or company"),
    ("crm.quota", "metric", "'bookings'", "no column says what it counts: the won amount"),
    ("crm.activity", "type", "'task'", "no column says of what kind it is"),
];

/// A name without what differs from CRM to CRM: `StageName`, `Stage Name` and `stage_name` are the same, and so are `Region__c`
/// and `property_region`.
pub fn plain(name: &str) -> String {
    let name = name.strip_suffix("__c").unwrap_or(name);
    let mut plain = String::with_capacity(name.len());
    let mut before = ' ';
    for letter in name.chars() {
        let begins_word = letter.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit());
        if (begins_word || !letter.is_alphanumeric()) && !plain.is_empty() && !plain.ends_with('_') {
            plain.push('_');
        }
        plain.extend(letter.to_lowercase().filter(|letter| letter.is_alphanumeric()));
        before = letter;
    }
    let plain = plain.trim_end_matches('_');
    plain.strip_prefix("property_").or(plain.strip_prefix("properties_")).unwrap_or(plain).to_owned()
}

impl Known {
    /// Whether a file is named after the table.
    pub fn is_named(&self, file: &str) -> bool {
        let stem = plain(file.split('.').next().unwrap_or_default());
        let parts: Vec<&str> = stem.split('_').collect();
        // The last noun is what the file holds: account_history, deal_stage and contact_form_submission are of other things.
        let trimmed = parts
            .iter()
            .rposition(|part| !matches!(*part, "data" | "export" | "all") && !part.bytes().all(|b| b.is_ascii_digit()));
        let name = trimmed.map(|last| parts[..=last].join("_")).unwrap_or_default();
        self.nouns.iter().any(|noun| name == *noun || name.ends_with(&format!("_{noun}")))
    }

    /// Whether a column's plain name is one that is known; the table's own noun before it says nothing: `Opportunity Created On`.
    pub fn is_called(&self, name: &str, known: &str) -> bool {
        let own = |noun: &&str| name.strip_prefix(*noun).and_then(|rest| rest.strip_prefix('_')) == Some(known);
        name == known || self.nouns.iter().any(own)
    }
}

/// The value of a declared enumeration that a word stands for; `None` where there is no telling.
pub fn meant(table: &str, column: &str, word: &str) -> Option<&'static str> {
    let word = plain(word);
    let has = |parts: &[&str]| parts.iter().any(|part| word.split('_').any(|of| of == *part) || word == *part);
    Some(match (table, column) {
        ("crm.deal", "status") => match () {
            () if has(&["deleted"]) => "deleted",
            () if has(&["merged"]) => "merged",
            () if has(&["disqualified", "abandoned"]) => "disqualified",
            () if has(&["lost", "closedlost", "closed_lost"]) => "lost",
            () if has(&["won", "closedwon", "closed_won"]) => "won",
            () if has(&["open", "active", "pending", "new", "engaging", "prospecting", "progress"]) => "open",
            () => return None,
        },
        ("crm.deal", "forecast_category") => match word.as_str() {
            "omitted" | "omit" | "not_forecasted" => "omitted",
            "pipeline" => "pipeline",
            "best_case" | "bestcase" | "upside" => "best_case",
            "most_likely" | "mostlikely" => "most_likely",
            // Salesforce once called it so.
            "commit" | "committed" | "forecast" => "commit",
            "closed" | "won" | "closed_won" => "closed",
            _ => return None,
        },
        ("crm.deal", "deal_type") => match () {
            () if has(&["renewal", "renew"]) => "renewal",
            () if has(&["cross"]) => "cross_sell",
            () if has(&["new", "newbusiness"]) => "new",
            () if has(&["expansion", "upsell", "upgrade", "existing", "existingbusiness"]) => "expansion",
            () => return None,
        },
        ("crm.activity", "type") => match () {
            () if has(&["call", "phonecall"]) => "call",
            () if has(&["email", "mail"]) => "mail",
            () if has(&["demo"]) => "demo",
            () if has(&["meeting", "appointment", "lunch", "event"]) => "meeting",
            () if has(&["task", "todo", "to"]) => "task",
            () if has(&["training"]) => "training",
            () if has(&["admin"]) => "admin",
            () => return None,
        },
        ("crm.activity", "direction") => match word.as_str() {
            "inbound" | "incoming" => "inbound",
            "outbound" | "outgoing" => "outbound",
            _ => return None,
        },
        ("crm.stage", "kind") => match word.as_str() {
            "won" => "won",
            "lost" => "lost",
            "open" => "open",
            _ => return None,
        },
        ("crm.quota", "scope") => match word.as_str() {
            "rep" | "user" | "owner" => "rep",
            "team" => "team",
            "territory" => "territory",
            "company" => "company",
            _ => return None,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_however_they_are_written() {
        for (name, expected) in [
            ("StageName", "stage_name"),
            ("Stage Name", "stage_name"),
            ("AccountID", "account_id"),
            ("Probability (%)", "probability"),
            ("Probability (raw)", "probability_raw"),
            ("Region__c", "region"),
            ("property_dealname", "dealname"),
            ("_fivetran_synced", "fivetran_synced"),
            ("Deal - Title", "deal_title"),
            ("Montant (€)", "montant"),
        ] {
            assert_eq!(plain(name), expected);
        }
    }

    #[test]
    fn a_file_is_named_after_what_it_holds() {
        let named = |file: &str| {
            TABLES.iter().filter(|known| known.is_named(file)).map(|known| known.table).collect::<Vec<_>>()
        };
        assert_eq!(named("Opportunity.csv"), ["crm.deal"]);
        assert_eq!(named("sf_opportunity_data.csv"), ["crm.deal"]);
        assert_eq!(named("deals_20261113.csv.gz"), ["crm.deal"]);
        assert_eq!(named("sf_account_history_data.csv"), [] as [&str; 0]);
        assert_eq!(named("deal_stage_data.csv"), ["crm.stage"]);
        assert_eq!(named("Owners.csv"), ["crm.rep"]);
    }

    #[test]
    fn words_stand_for_values_of_the_tables() {
        let status = |word: &str| meant("crm.deal", "status", word);
        assert_eq!(
            ["Closed Won", "closedlost", "In Progress", "Negotiation", "Lost - price"].map(status),
            [Some("won"), Some("lost"), Some("open"), None, Some("lost")]
        );
        assert_eq!(meant("crm.deal", "forecast_category", "Forecast"), Some("commit"));
        assert_eq!(meant("crm.deal", "forecast_category", "MostLikely"), Some("most_likely"));
    }
}
