//! A whole database as text, to look whether something stands anywhere in it.

use sqlx::{AnyConnection, AssertSqlSafe};

/// Every row of every table as text, in lower case, with the name of its table in front. What a row holds as
/// bytes stands in it in the characters they are.
pub(crate) async fn dump_of(conn: &mut AnyConnection) -> Vec<String> {
    let is_sqlite = conn.backend_name() == "SQLite";
    let tables: Vec<String> = sqlx::query_scalar(if is_sqlite {
        "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    } else {
        "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    })
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    let mut all = Vec::new();
    for table in tables {
        let row = if is_sqlite {
            let sql = format!("SELECT name FROM pragma_table_info('{table}')");
            let columns: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *conn).await.unwrap();
            let text = |column: &String| {
                format!(
                    "CASE typeof(\"{column}\") WHEN 'blob' THEN 'hex:' || hex(\"{column}\")
                     ELSE COALESCE(CAST(\"{column}\" AS TEXT), '') END"
                )
            };
            columns.iter().map(text).collect::<Vec<_>>().join(" || ' | ' || ")
        } else {
            format!("CAST({table}.* AS TEXT)")
        };
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("SELECT {row} FROM \"{table}\"")))
            .fetch_all(&mut *conn)
            .await
            .unwrap_or_else(|error| panic!("{table}: {error}"));
        all.extend(rows.into_iter().map(|row| format!("{table}: {}", unhexed(&row)).to_lowercase()));
    }
    all
}

/// The row with its bytes as characters: SQLite's stand behind `hex:`, as the statement above has it, and
/// those of PostgreSQL behind `\\x`.
fn unhexed(row: &str) -> String {
    let mut pieces = row.split("hex:").flat_map(|piece| piece.split(r"\\x"));
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        let digits = piece.bytes().take_while(u8::is_ascii_hexdigit).count() / 2 * 2;
        let byte = |at: usize| u8::from_str_radix(&piece[2 * at..2 * at + 2], 16).unwrap();
        let bytes: Vec<u8> = (0..digits / 2).map(byte).collect();
        format!("{text}{}{}", String::from_utf8_lossy(&bytes), &piece[digits..])
    })
}
