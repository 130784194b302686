import PostgresWire
import Testing

@Suite
struct TablePatternTests {
    @Test(arguments: [
        ("invoices", "public", "invoices"), ("Invoices", "public", "invoices"),
        (" billing.INVOICES\n", "billing", "invoices"),
        ("\"Odd Name\"", "public", "Odd Name"), ("\"a.b\".\"c\"\"d\"", "a.b", "c\"d"), ("\"*\"", "public", "*"),
        ("_x$1", "public", "_x$1"), ("Größe", "public", "größe"), ("ÄRGER", "public", "Ärger"),
        ("\"🙂\"", "public", "🙂"),
    ])
    func `names are read as SQL reads them`(text: String, schema: String, table: String) throws {
        let name = try #require(try TablePattern(text).exactName)
        #expect(name == (schema, table))
    }

    @Test(arguments: [
        ("", "a name is missing"), (".", "a name is missing"), ("a.", "a name is missing"), (".a", "a name is missing"),
        ("a.b.c", "too many parts"), ("a-b", "letters, digits, _ and $"), ("a b", "double quotes"),
        ("1a", "begins with a digit"), ("$a", "begins with a digit or $"), ("\"\"", "is empty"),
        ("\"a", "closing double quote"), ("\"a\"b", "a dot is expected"), ("a\"b\"", "letters, digits"),
        ("\"a\u{0}\"", "zero byte"), (String(repeating: "a", count: 64), "64 bytes; PostgreSQL keeps 63"),
        ("\"" + String(repeating: "ä", count: 32) + "\"", "64 bytes"),
    ])
    func `what is no name is refused with the reason`(text: String, reason: String) throws {
        let error = try #require(throws: TablePattern.Invalid.self) { try TablePattern(text) }
        #expect(error.description.contains(reason), "\(error)")
    }

    @Test(arguments: [
        ("billing.*", "billing", "invoices", true), ("billing.*", "billings", "invoices", false),
        ("*", "public", "x", true), ("*", "other", "x", false), ("*.*", "other", "x", true),
        ("inv*", "public", "invoices", true), ("inv*", "public", "xinv", false), ("*s", "public", "invoices", true),
        ("a*a", "public", "a", false), ("a*a", "public", "aa", true), ("a*b*c", "public", "axxbyyc", true),
        ("a*b*c", "public", "acb", false), ("a**c", "public", "abc", true), ("*bc*bc", "public", "abcbc", true),
        ("*abc*", "public", "ab", false), ("invoices", "public", "Invoices", false), ("\"*\"", "public", "x", false),
    ])
    func `an asterisk stands for any letters`(pattern: String, schema: String, table: String, isMatch: Bool) throws {
        #expect(try TablePattern(pattern).matches(schema: schema, table: table) == isMatch)
    }

    @Test
    func `names that only look the same differ`() throws {
        let composed = TablePattern(schema: "public", table: "caf\u{e9}")
        let decomposed = TablePattern(schema: "public", table: "cafe\u{301}")
        #expect(composed != decomposed)
        #expect(!composed.matches(schema: "public", table: "cafe\u{301}"))
    }

    @Test(arguments: [
        "public.invoices", "billing.*", "\"a.b\".\"c\"\"d\"", "public.\"Odd Name\"", "*.a*b", "public.\"1a\"",
    ])
    func `a pattern is printed as it can be read again`(text: String) throws {
        let pattern = try TablePattern(text)
        #expect(pattern.description == text)
        #expect(try TablePattern(pattern.description) == pattern)
    }

    @Test
    func `every table of a schema is a wildcard`() throws {
        #expect(TablePattern.everyTable(of: "public") == (try TablePattern("*")))
        #expect(TablePattern.everyTable(of: "Odd").exactName == nil)
        #expect(TablePattern.everyTable(of: "Odd").matches(schema: "Odd", table: "x"))
    }
}
