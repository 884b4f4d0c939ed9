//! The book as one page: everything in sight or one fold away, each thing under an id that is its name.

use std::collections::BTreeMap;

use super::book::{Book, Check, Column, Input, Metric, Model, Pipeline, Query, Report, Source, Table};
use super::highlight;
use super::style::STYLE;
use crate::lineage::How;
use crate::project::Good;
use crate::project::setting::Listed;
use crate::reports::{escaped, shell};

/// One self-contained HTML file.
pub fn page(book: &Book) -> String {
    let page = Page { book };
    let (metrics, models): (Vec<&Model>, Vec<&Model>) = book.models.iter().partition(|model| model.metric.is_some());
    let parts: Vec<(&str, &str, Vec<String>, Vec<String>)> = vec![
        ("metrics", "Metrics", ids(&metrics, |model| model.name.clone()), of(&metrics, |model| page.model(model))),
        ("models", "Models", ids(&models, |model| model.name.clone()), of(&models, |model| page.model(model))),
        (
            "tables",
            "Tables",
            ids(&book.tables, |table| table.name.clone()),
            of(&book.tables, |table| page.table(table)),
        ),
        (
            "reports",
            "Reports",
            ids(&book.reports, |report| format!("report:{}", report.name)),
            of(&book.reports, |report| page.report(report)),
        ),
        ("checks", "Checks", Vec::new(), page.checks()),
        (
            "pipelines",
            "Pipelines",
            ids(&book.pipelines, |pipeline| format!("pipeline:{}", pipeline.name)),
            of(&book.pipelines, |pipeline| page.pipeline(pipeline)),
        ),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(_, _, _, articles)| !articles.is_empty()).collect();
    let mut out = String::new();
    out.push_str("<a class=\"skip\" href=\"#book\">Skip to the contents</a>\n");
    out.push_str(&format!(
        "<header class=\"masthead\">\n<p class=\"kicker\">Project documentation</p>\n<h1>{}</h1>\n<p class=\"facts\">{}</p>\n</header>\n",
        escaped(&book.project),
        escaped(&page.facts())
    ));
    out.push_str("<div class=\"book\">\n<nav class=\"index\" aria-label=\"Contents\">\n");
    for (id, title, names, _) in &parts {
        out.push_str(&format!("<h2><a href=\"#{id}\">{title}</a></h2>\n"));
        let mut names = names.clone();
        names.sort();
        let items: String = names
            .iter()
            .map(|name| format!("<li><a href=\"#{}\">{}</a></li>", anchor(name), escaped(bare(name))))
            .collect();
        out.push_str(&format!("<ul>{items}</ul>\n"));
    }
    out.push_str("</nav>\n<main id=\"book\">\n");
    for (id, title, _, articles) in &parts {
        out.push_str(&format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n"));
        articles.iter().for_each(|article| out.push_str(article));
        out.push_str("</section>\n");
    }
    out.push_str("</main>\n</div>\n");
    out.push_str(&format!(
        "<footer>\n<p>Written by {} from the project's files.</p>\n</footer>\n",
        escaped(&book.program)
    ));
    shell(&format!("{} – documentation", book.project), STYLE, &out)
}

/// A name as the id of what it names: spaces cannot stand in one.
fn anchor(name: &str) -> String {
    escaped(&name.replace(char::is_whitespace, ""))
}

fn ids<T>(all: &[T], id: impl Fn(&T) -> String) -> Vec<String> {
    all.iter().map(id).collect()
}

fn of<T>(all: &[T], article: impl Fn(&T) -> String) -> Vec<String> {
    all.iter().map(article).collect()
}

/// A name without what says which kind of thing it is of.
fn bare(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, bare)| bare)
}

struct Page<'b> {
    book: &'b Book,
}

impl Page<'_> {
    fn facts(&self) -> String {
        let Book { tables, models, reports, checks, pipelines, .. } = self.book;
        let count = |number: usize, noun: &str| match number {
            1 => format!("1 {noun}"),
            number => format!("{number} {noun}s"),
        };
        [
            count(models.iter().filter(|model| model.metric.is_some()).count(), "metric"),
            count(models.iter().filter(|model| model.metric.is_none()).count(), "model"),
            count(tables.len(), "table"),
            count(reports.len(), "report"),
            count(checks.len(), "check"),
            count(pipelines.len(), "pipeline"),
        ]
        .join(" · ")
    }

    /// A relation as a link, if the page tells of it; what the lake tells of a table leads to the table.
    fn link(&self, name: &str) -> String {
        let text = escaped(bare(name));
        let is_told = self.book.models.iter().any(|model| model.name == name)
            || self.book.tables.iter().any(|table| table.name == name)
            || self.book.reports.iter().any(|report| format!("report:{}", report.name) == name);
        if is_told {
            return format!("<a href=\"#{}\">{text}</a>", anchor(name));
        }
        match self.book.tables.iter().find(|table| table.beside.iter().any(|beside| beside == name)) {
            Some(table) => format!("<a href=\"#{}\">{text}</a>", anchor(&table.name)),
            None => text,
        }
    }

    fn links(&self, names: &[String]) -> String {
        names.iter().map(|name| self.link(name)).collect::<Vec<_>>().join(", ")
    }

    /// What a column comes from, as a link to it.
    fn input(&self, input: &Input) -> String {
        let Input { relation, column, .. } = input;
        if let Some(export) = relation.strip_prefix("export:") {
            let column = column.as_deref().unwrap_or("rows");
            return format!("<code>{}</code> of the export in {}", escaped(column), escaped(export));
        }
        match column {
            None => format!("rows of {}", self.link(relation)),
            Some(column) => {
                let is_told = self.book.models.iter().any(|model| model.name == *relation)
                    || self.book.tables.iter().any(|table| table.name == *relation);
                let whole = format!("{relation}.{column}");
                let table = self.book.tables.iter().find(|table| table.beside.contains(relation));
                let of_table = table.filter(|table| table.columns.iter().any(|of| of.name == *column));
                match (is_told, of_table) {
                    (true, _) => format!("<a href=\"#{}\">{}</a>", anchor(&whole), escaped(&whole)),
                    // What the lake tells of a column is told at the column.
                    (_, Some(table)) => {
                        let id = anchor(&format!("{}.{column}", table.name));
                        format!("<a href=\"#{id}\">{}</a>", escaped(&whole))
                    }
                    (false, None) => format!("{}.{}", self.link(relation), escaped(column)),
                }
            }
        }
    }

    /// What flows in with how it does, then what decides, by how it does.
    fn origin(&self, inputs: &[Input]) -> String {
        let mut flowing = Vec::new();
        let mut deciding: BTreeMap<How, Vec<String>> = BTreeMap::new();
        for input in inputs {
            let told = self.input(input);
            let (direct, indirect): (Vec<How>, Vec<How>) =
                input.transformations.iter().partition(|how| how.is_direct());
            match direct.iter().map(|how| how.word()).collect::<Vec<_>>().join(", ").as_str() {
                "" => {}
                "identity" => flowing.push(told.clone()),
                how => flowing.push(format!("{told} <span class=\"how\">{how}</span>")),
            }
            for how in indirect {
                deciding.entry(how).or_default().push(told.clone());
            }
        }
        let lists = deciding
            .iter()
            .map(|(how, names)| format!("<span class=\"decides\">by {}: {}</span>", how.word(), names.join(", ")));
        format!("{}{}", flowing.join(", "), lists.collect::<String>())
    }

    fn columns(&self, relation: &str, columns: &[Column], key: &[String]) -> String {
        if columns.is_empty() {
            return String::new();
        }
        let mut out = String::from(
            "<div class=\"scroll\"><table class=\"columns\"><thead><tr><th scope=\"col\">Column</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th><th scope=\"col\">Comes from</th></tr></thead><tbody>\n",
        );
        for column in columns {
            let mut says: Vec<String> = column.description.iter().cloned().collect();
            if key.contains(&column.name) {
                says.push("Key".to_owned());
            } else if column.required == Some(true) {
                says.push("Never NULL".to_owned());
            }
            if !column.allowed.is_empty() {
                says.push(format!("One of {}", column.allowed.join(", ")));
            }
            out.push_str(&format!(
                "<tr id=\"{}\"><th scope=\"row\">{}</th><td class=\"type\">{}</td><td class=\"says\">{}</td><td class=\"from\">{}</td></tr>\n",
                anchor(&format!("{relation}.{}", column.name)),
                escaped(&column.name),
                escaped(column.sql_type.as_deref().unwrap_or_default()),
                escaped(&says.join(". ")),
                self.origin(&column.inputs)
            ));
        }
        out.push_str("</tbody></table></div>\n");
        out
    }

    fn model(&self, model: &Model) -> String {
        let mut kinds = vec![if model.metric.is_some() { "metric".to_owned() } else { model.materialize.clone() }];
        kinds.extend(model.tags.iter().map(|tag| format!("tag {tag}")));
        if model.layer == "pack" {
            kinds.push("shipped".to_owned());
        }
        let mut facts = model.metric.as_ref().map(|metric| self.metric_facts(metric)).unwrap_or_default();
        facts.extend([("Reads", self.links(&model.reads)), ("Read by", self.links(&model.read_by))]);
        facts.push(("Rows", self.origin(&model.rows)));
        facts.push(("Checks", self.check_list(&model.checks)));
        facts.push(("Tests", escaped(&model.tests.join(" · "))));
        facts.push(("Owner", model.owner.as_deref().map(escaped).unwrap_or_default()));
        facts.push(("File", format!("<code>{}</code>", escaped(&model.file))));
        let mut sql = code("SQL", &model.sql);
        if squeezed(&model.expanded_sql) != squeezed(&without_comments(&model.sql)) {
            sql.push_str(&code("As the engine gets it", &model.expanded_sql));
        }
        let texts = [&model.description, &model.notes];
        article(
            &model.name,
            &kinds,
            &texts,
            &facts,
            &format!("{}{sql}", self.columns(&model.name, &model.columns, &[])),
        )
    }

    fn metric_facts(&self, metric: &Metric) -> Vec<(&'static str, String)> {
        let good = match metric.good {
            Some(Good::Up) => "more is better",
            Some(Good::Down) => "less is better",
            None => "",
        };
        let kind = if metric.semi_additive { "a state of days: a period has its last day's" } else { "" };
        let unit: Vec<&str> = [metric.unit, good, kind].into_iter().filter(|word| !word.is_empty()).collect();
        vec![
            ("Label", escaped(&metric.label)),
            ("Unit", escaped(&unit.join(" · "))),
            ("Time", escaped(metric.time.as_deref().unwrap_or_default())),
            ("Sliced by", escaped(&metric.dimensions.join(", "))),
            ("Target", metric.target.as_ref().map(|id| self.link(&format!("metric.{id}"))).unwrap_or_default()),
        ]
    }

    fn table(&self, table: &Table) -> String {
        let filled: Vec<String> = self
            .book
            .pipelines
            .iter()
            .filter(|pipeline| pipeline.sources.iter().any(|source| source.table == table.name))
            .map(|pipeline| {
                let id = anchor(&format!("pipeline:{}", pipeline.name));
                format!("<a href=\"#{id}\">{}</a>", escaped(&pipeline.name))
            })
            .collect();
        let facts = [
            ("Filled by", filled.join(", ")),
            ("Key", escaped(&table.key.join(", "))),
            ("Read by", self.links(&table.read_by)),
            ("Beside it", escaped(&table.beside.join(", "))),
            ("File", format!("<code>{}</code>", escaped(&table.file))),
        ];
        let columns = self.columns(&table.name, &table.columns, &table.key);
        article(&table.name, &["table".to_owned()], &[&table.description], &facts, &columns)
    }

    fn report(&self, report: &Report) -> String {
        let facts = [
            ("Reads", self.links(&report.reads)),
            ("Owner", report.owner.as_deref().map(escaped).unwrap_or_default()),
            ("File", format!("<code>{}</code>", escaped(&report.file))),
        ];
        let mut body = String::new();
        if !report.tiles.is_empty() {
            body.push_str("<h4>Tiles</h4>\n<div class=\"scroll\"><table class=\"columns\"><thead><tr><th scope=\"col\">Tile</th><th scope=\"col\">Component</th><th scope=\"col\">Reads</th></tr></thead><tbody>\n");
            for tile in &report.tiles {
                let prefix = format!("report:{}.", report.name);
                let reads: Vec<String> = tile
                    .reads
                    .iter()
                    .map(|input| {
                        let query = input.relation.strip_prefix(&prefix).unwrap_or(&input.relation);
                        let whole = input
                            .column
                            .as_ref()
                            .map_or_else(|| format!("all of {query}"), |column| format!("{query}.{column}"));
                        let id = input
                            .column
                            .as_ref()
                            .map_or_else(|| input.relation.clone(), |column| format!("{}.{column}", input.relation));
                        format!("<a href=\"#{}\">{}</a>", anchor(&id), escaped(&whole))
                    })
                    .collect();
                body.push_str(&format!(
                    "<tr id=\"{}\"><th scope=\"row\">{}</th><td class=\"type\">{}</td><td class=\"from\">{}</td></tr>\n",
                    anchor(&format!("report:{}#{}", report.name, tile.id)),
                    escaped(&tile.id),
                    escaped(&tile.component),
                    reads.join(", ")
                ));
            }
            body.push_str("</tbody></table></div>\n");
        }
        for query in &report.queries {
            body.push_str(&self.query(report, query));
        }
        let kinds = [if report.layer == "pack" { "shipped".to_owned() } else { "report".to_owned() }];
        let title = Some(report.title.clone());
        article(&format!("report:{}", report.name), &kinds, &[&title, &report.description], &facts, &body)
    }

    fn query(&self, report: &Report, query: &Query) -> String {
        let id = format!("report:{}.{}", report.name, query.name);
        format!(
            "<h4 id=\"{}\">Query {}</h4>\n<p class=\"kinds\">reads {}</p>\n{}{}",
            anchor(&id),
            escaped(&query.name),
            self.links(&query.reads),
            self.columns(&id, &query.columns, &[]),
            code("SQL", &query.sql)
        )
    }

    /// The names of checks; files of them as links.
    fn check_list(&self, names: &[String]) -> String {
        let one = |name: &String| format!("<a href=\"#{}\">{}</a>", anchor(name), escaped(short_check(name)));
        names.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    fn checks(&self) -> Vec<String> {
        if self.book.checks.is_empty() {
            return Vec::new();
        }
        let row = |check: &Check| {
            format!(
                "<tr id=\"{}\"><th scope=\"row\">{}</th><td class=\"type\">{}</td><td class=\"says\">{}</td><td class=\"from\">{}</td></tr>\n",
                anchor(&check.name),
                escaped(&check.name),
                check.severity,
                escaped(check.description.as_deref().unwrap_or_default()),
                self.links(&check.reads)
            )
        };
        let rows: String = self.book.checks.iter().map(row).collect();
        vec![format!(
            "<p>A check's rows are offenders: <code>forecastle query --check NAME</code> lists them.</p>\n<div class=\"scroll\"><table class=\"columns\"><thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Severity</th><th scope=\"col\">Rule</th><th scope=\"col\">Reads</th></tr></thead><tbody>\n{rows}</tbody></table></div>\n"
        )]
    }

    fn pipeline(&self, pipeline: &Pipeline) -> String {
        let reports: Vec<String> = pipeline.reports.iter().map(|report| format!("report:{report}")).collect();
        let facts = [
            ("Reports", self.links(&reports)),
            ("Currency", escaped(&pipeline.currency)),
            ("Time zone", escaped(&pipeline.timezone)),
            ("Fiscal year", format!("begins in month {}", pipeline.fiscal_year_starts)),
            ("Lake", format!("<code>{}</code>", escaped(&pipeline.lake))),
            ("File", format!("<code>{}</code>", escaped(&pipeline.file))),
        ];
        let sources: String = pipeline.sources.iter().map(|source| self.source(source)).collect();
        let body = settings(&pipeline.settings) + &sources;
        let id = format!("pipeline:{}", pipeline.name);
        article(&id, &["pipeline".to_owned()], &[&pipeline.description], &facts, &body)
    }

    fn source(&self, source: &Source) -> String {
        let mut told = vec![source.format.clone(), format!("{} export", source.export)];
        told.push(if source.required { "required" } else { "not required" }.to_owned());
        told.extend(source.condition.iter().map(|condition| format!("rows where {condition}")));
        let mapped = |map: &BTreeMap<String, String>| -> String {
            let row = |(column, written): (&String, &String)| {
                format!(
                    "<tr><th scope=\"row\">{}</th><td><code>{}</code></td></tr>\n",
                    escaped(column),
                    escaped(written)
                )
            };
            map.iter().map(row).collect()
        };
        let rows: String = source.rows.iter().map(|row| mapped(&row.map)).collect();
        format!(
            "<h4>{}</h4>\n<p class=\"kinds\"><code>{}</code></p>\n<p class=\"kinds\">{}</p>\n<details><summary>Map</summary><div class=\"scroll\"><table class=\"columns\"><tbody>\n{}{rows}</tbody></table></div></details>\n",
            self.link(&source.table),
            escaped(&source.path),
            escaped(&told.join(" · ")),
            mapped(&source.map)
        )
    }
}

/// What a pipeline decides: each setting with its value and what it means.
fn settings(settings: &[Listed]) -> String {
    let row = |setting: &Listed| {
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n",
            escaped(&setting.name),
            escaped(&setting.short()),
            escaped(setting.description.unwrap_or_default())
        )
    };
    let rows: String = settings.iter().map(row).collect();
    format!(
        "<details><summary>Settings</summary><div class=\"scroll\"><table class=\"columns\"><tbody>\n{rows}</tbody></table></div></details>\n"
    )
}

/// One thing of the project: its name, what it is, what is to be known of it, and what it holds.
fn article(id: &str, kinds: &[String], texts: &[&Option<String>], facts: &[(&str, String)], body: &str) -> String {
    let (name, id) = (escaped(bare(id)), anchor(id));
    let kinds: String = kinds.iter().map(|kind| format!("<span>{}</span>", escaped(kind))).collect();
    let texts: String =
        texts.iter().filter_map(|text| text.as_ref()).map(|text| format!("<p>{}</p>\n", escaped(text))).collect();
    let facts: String = facts
        .iter()
        .filter(|(_, fact)| !fact.is_empty())
        .map(|(label, fact)| format!("<div><dt>{label}</dt><dd>{fact}</dd></div>\n"))
        .collect();
    format!(
        "<article id=\"{id}\">\n<h3><a href=\"#{id}\">{name}</a></h3>\n<p class=\"kinds\">{kinds}</p>\n{texts}<dl class=\"read\">\n{facts}</dl>\n{body}</article>\n"
    )
}

fn code(title: &str, sql: &str) -> String {
    format!(
        "<details><summary>{title}</summary><pre tabindex=\"0\"><code>{}</code></pre></details>\n",
        highlight::sql(sql)
    )
}

/// Of a rule in front matter what is behind the model's name.
fn short_check(name: &str) -> &str {
    name.split_once('/').map_or(name, |(_, rule)| rule)
}

/// Text without spaces and case, to tell whether two statements say the same.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

fn without_comments(sql: &str) -> String {
    sql.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code)).collect::<Vec<_>>().join("\n")
}
