use super::*;

fn refusal(sql: &str) -> (u64, u64, String) {
    let Refused { line, column, refusal } = check(sql, &[]).expect_err(sql);
    (line, column, refusal.to_string())
}

#[test]
fn one_select_passes_whatever_stands_around_it() {
    for sql in [
        "SELECT a FROM t",
        "-- open contacts\n/* by /* team */ */\r\nWITH x AS (SELECT 1 AS a), y AS (SELECT a FROM x) SELECT a FROM y;",
        "SELECT a FROM t;\n-- the end\n",
        "SELECT [delete], \"into\", 'EXEC xp_cmdshell' AS [set] FROM dbo.[update] WHERE a LIKE '%;DROP%' ORDER BY a",
        "SELECT a FROM t UNION ALL (SELECT b FROM u) EXCEPT SELECT c FROM v",
        "SELECT TOP (10) WITH TIES a, ROW_NUMBER() OVER (PARTITION BY b ORDER BY c) AS n FROM t ORDER BY a",
        "SELECT a FROM t OUTER APPLY (SELECT TOP (1) b FROM u WHERE u.id = t.id ORDER BY d DESC) AS last",
        "SELECT CONVERT(varchar(10), d, 103) AS d, TRY_CAST(x AS int) AS x, IIF(a = 1, 'Y', 'N') AS y FROM t",
        "SELECT a FROM t WITH (NOLOCK) CROSS JOIN u LEFT JOIN v ON v.id = t.id OPTION (MAXDOP 1)",
        "SELECT STRING_AGG(a, ',') WITHIN GROUP (ORDER BY a) AS s FROM t GROUP BY b HAVING COUNT(*) > 1",
        "SELECT dbo.fn_age(d) AS age, t.a FROM dbo.t AS t WHERE DATEADD(day, 1, d) <= :period_end",
        "SELECT a FROM t ORDER BY a OFFSET 10 ROWS FETCH NEXT 5 ROWS ONLY",
        "SELECT a, COALESCE(b, N'é') AS b FROM t FOR SYSTEM_TIME AS OF '2026-01-01' AS t",
    ] {
        assert!(check(sql, &[]).is_ok(), "{sql}: {:?}", check(sql, &[]));
    }
}

#[test]
fn what_does_more_than_read_is_refused_at_its_place() {
    for (sql, line, column, word) in [
        ("DELETE FROM t", 1, 1, "DELETE"),
        ("SELECT a\n  INTO u FROM t", 2, 3, "INTO"),
        ("SELECT 1 delete FROM t", 1, 10, "delete"),
        ("SELECT 1DELETE FROM t", 1, 9, "DELETE"),
        ("SELECT a FROM t UPDATE t SET a = 1", 1, 17, "UPDATE"),
        ("WITH x AS (SELECT 1 AS a) INSERT INTO t SELECT a FROM x", 1, 27, "INSERT"),
        ("MERGE t USING u ON 1 = 1 WHEN MATCHED THEN DELETE;", 1, 1, "MERGE"),
        ("EXEC dbo.report", 1, 1, "EXEC"),
        ("SELECT a FROM t; WAITFOR DELAY '01:00'", 1, 18, "WAITFOR"),
        ("DECLARE @x int", 1, 1, "DECLARE"),
        ("SELECT NEXT VALUE FOR dbo.numbers AS n", 1, 8, "NEXT VALUE FOR"),
        ("-- ok\nIF 1 = 1 SELECT 1 AS a", 2, 1, "IF"),
        ("TRUNCATE TABLE t", 1, 1, "TRUNCATE"),
        ("SELECT 1 AS a /* /* */ */ DROP TABLE t", 1, 27, "DROP"),
    ] {
        assert_eq!(refusal(sql), (line, column, format!("{word} does more than read")), "{sql}");
    }
}

#[test]
fn a_hint_that_takes_locks_or_leaves_rows_out_is_refused_at_its_place() {
    for (sql, line, column, told) in [
        ("SELECT a\nFROM t WITH (TABLOCKX)", 2, 14, "TABLOCKX takes locks for which the case system would wait"),
        ("SELECT a FROM t WITH (xlock, ROWLOCK)", 1, 23, "xlock takes locks"),
        ("SELECT a FROM t (UPDLOCK)", 1, 18, "UPDLOCK takes locks"),
        ("SELECT a FROM t CROSS JOIN u WITH (INDEX(i), HOLDLOCK)", 1, 46, "HOLDLOCK takes locks"),
        ("SELECT a FROM t OPTION (TABLE HINT (t, SERIALIZABLE))", 1, 40, "SERIALIZABLE takes locks"),
        ("SELECT a FROM t WITH (READPAST)", 1, 23, "READPAST leaves out the rows"),
    ] {
        let (at, place, said) = refusal(sql);
        assert_eq!((at, place), (line, column), "{sql}");
        assert!(said.starts_with(told), "{sql}: {said}");
    }
    for (sql, dirty) in [
        ("SELECT a FROM t WITH (NOLOCK)", Some("NOLOCK")),
        ("SELECT a FROM t (nolock)", Some("NOLOCK")),
        ("SELECT [updlock], a AS [nolock] FROM t -- TABLOCKX", None),
    ] {
        assert_eq!(check(sql, &[]).expect(sql).dirty.as_deref(), dirty, "{sql}");
        assert_eq!(trust(sql).expect(sql).dirty.as_deref(), dirty, "{sql}");
    }
}

#[test]
fn what_leaves_the_database_is_refused_unless_it_is_named() {
    for (sql, told) in [
        ("SELECT a FROM OPENROWSET('x', 'y', 'z') AS t", "OPENROWSET reads outside the database"),
        ("SELECT a FROM OPENQUERY(other, 'DELETE')", "OPENQUERY reads outside the database"),
        ("SELECT a FROM OPENDATASOURCE('x', 'y').d.s.t", "OPENDATASOURCE reads outside the database"),
        ("SELECT a FROM warehouse.dbo.codes", "warehouse.dbo.codes lies outside"),
        ("SELECT a FROM warehouse..codes", "warehouse..codes lies outside"),
        ("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM [far away].warehouse.dbo.codes)", "far away.warehouse.dbo.codes"),
        ("SELECT master.dbo.fn_x(1) AS a", "master.dbo.fn_x lies outside"),
        ("SELECT a FROM t CROSS APPLY master.dbo.fn_x(1) AS x", "master.dbo.fn_x lies outside"),
        ("SELECT xp_cmdshell('dir') AS a", "xp_cmdshell is a procedure"),
        ("SELECT a FROM dbo.sp_who", "dbo.sp_who is a procedure"),
    ] {
        let (_, _, refused) = refusal(sql);
        assert!(refused.contains(told), "{sql}: {refused}");
    }
    let allowed = ["Warehouse.dbo.codes".to_owned(), "[far].w.dbo.t".to_owned()];
    assert!(check("SELECT a FROM [Warehouse].DBO.Codes JOIN far.w.dbo.t ON 1 = 1", &allowed).is_ok());
    assert!(check("SELECT a FROM Warehouse.dbo.codes2", &allowed).is_err());
}

#[test]
fn what_is_no_single_select_is_refused_at_its_place() {
    for (sql, line, column, told) in [
        ("", 1, 1, "must be one SELECT"),
        ("-- nothing", 1, 1, "must be one SELECT"),
        ("SELECT 1 AS a;\nSELECT 2 AS b", 2, 1, "several statements"),
        ("SELECT 1 AS a SELECT 2 AS b", 1, 15, "can't be understood"),
        ("VALUES (1)", 1, 1, "must be one SELECT"),
        ("SELECT a FROM WHERE b = 1", 1, 23, "can't be understood"),
        ("SELECT a,\n  FROM t WHERE (b = 1", 2, 8, "can't be understood"),
        ("SELECT 'open", 1, 8, "can't be understood"),
        ("SELECT 1 AS a -- x\rDELETE", 1, 19, "control character"),
        ("SELECT a,\n\u{2028}b", 2, 1, "control character"),
        ("SELECT a FROM t WHERE d > :today", 1, 27, "asks for :today"),
        ("/* ŵ */ SELECT :day", 1, 16, "asks for :day"),
    ] {
        let (l, c, refused) = refusal(sql);
        assert!(refused.contains(told), "{sql}: {refused}");
        assert_eq!((l, c), (line, column), "{sql}: {refused}");
    }
}

#[test]
fn a_text_that_nests_without_end_is_refused_without_a_crash() {
    let deep = format!("SELECT {}1{} AS a", "(".repeat(20_000), ")".repeat(20_000));
    assert!(check(&deep, &[]).is_err());
}

#[test]
fn parameters_take_the_servers_form_outside_texts_and_comments() {
    let sql = "SELECT ':period_start' AS a -- :period_end\n, [:x] /* :y */ FROM t WHERE d >=:period_start AND d<= :period_end";
    let expected = "SELECT ':period_start' AS a -- :period_end\n, [:x] /* :y */ FROM t WHERE d >=@period_start AND d<= @period_end";
    assert_eq!(check(sql, &[]).unwrap().text, expected);
    let rights = "DECLARE @d date = :period_start; EXEC dbo.report @d, @text = ':period_end'";
    assert_eq!(trust(rights).unwrap().text, rights.replacen(":period_start", "@period_start", 1));
    assert!(trust("EXEC dbo.report :today").is_err());
    assert_eq!(check("SELECT 'ŵŵ' AS a, :period_end AS b", &[]).unwrap().text, "SELECT 'ŵŵ' AS a, @period_end AS b");
}

#[test]
fn a_counting_query_keeps_what_decides_how_many_rows_there_are() {
    for (sql, counting) in [
        ("SELECT a FROM t ORDER BY a;", "SELECT COUNT_BIG(*) AS counted FROM (\nSELECT a FROM t \n) AS counted"),
        (
            "WITH x AS (SELECT a FROM t) SELECT a FROM x UNION SELECT b FROM u ORDER BY a OPTION (MAXDOP 1)",
            "WITH x AS (SELECT a FROM t) SELECT COUNT_BIG(*) AS counted FROM (\nSELECT a FROM x UNION SELECT b FROM u \n) AS counted",
        ),
        (
            "SELECT TOP (5) WITH TIES a FROM t ORDER BY a",
            "SELECT COUNT_BIG(*) AS counted FROM (\nSELECT TOP (5) WITH TIES a FROM t ORDER BY a\n) AS counted",
        ),
        (
            "SELECT ROW_NUMBER() OVER (ORDER BY b) AS n FROM t",
            "SELECT COUNT_BIG(*) AS counted FROM (\nSELECT ROW_NUMBER() OVER (ORDER BY b) AS n FROM t\n) AS counted",
        ),
        ("(SELECT a FROM t) -- end", "SELECT COUNT_BIG(*) AS counted FROM (\n(SELECT a FROM t) -- end\n) AS counted"),
    ] {
        let counted = check(sql, &[]).unwrap().counting.unwrap();
        assert_eq!(counted, counting);
        assert!(check(&counted, &[]).is_ok(), "{counted}");
    }
}
