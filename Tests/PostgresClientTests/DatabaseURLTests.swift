import PostgresClient
import Testing

@Suite
struct DatabaseURLTests {
    @Test(arguments: [
        ("postgresql://sluice:secret@db.internal:5433/billing?sslmode=require", "sluice@db.internal:5433/billing"),
        ("postgres://db.internal/billing", "db.internal/billing"),
        ("postgresql://", "(libpq defaults)"),
        ("postgresql://u:se%40cr%2Fet@h/d", "u@h/d"),
        ("postgresql://u:se?cr#et@h/d", "u@h/d"),
        ("postgresql://one:1,two:2/d", "one,two:1,2/d"),
        ("postgresql:///d?host=/run/postgresql&password=secret", "/run/postgresql/d"),
        ("host=h port=5432 dbname=d user=u password=secret", "u@h:5432/d"),
        ("host=h password='se cr\\'et'", "h"),
        ("hostaddr=127.0.0.1 dbname=d", "127.0.0.1/d"),
    ])
    func `both spellings are read and printed without the password`(text: String, description: String) throws {
        let url = try DatabaseURL(text)
        #expect(url.connectionString == text)
        var dumped = ""
        dump(url, to: &dumped)
        #expect("\(url)" == description)
        #expect(String(reflecting: url) == description)
        #expect(!dumped.contains("secret") && !dumped.contains("et@"))
    }

    @Test(arguments: [
        ("mysql://u:secret@h/d", "the scheme must be postgresql://"),
        ("postgresql://u:sec@ret@h/d", "must be percent-encoded"),
        ("postgresql://u:sec/ret@h/d", "must be percent-encoded"),
        ("postgresql://u:12/secret@h/d", "must be percent-encoded"),
        ("postgresql://u:secret%zz@h/d", "libpq cannot read it"),
        ("postgresql://h/d?secret=1", "libpq cannot read it"),
        ("secret", "libpq cannot read it"),
        ("postgresql://h:secret/d", "the port is no number"),
        ("postgresql://h:0/d", "the port is no number"),
        ("postgresql://h:65536/d", "the port is no number"),
        ("postgresql://h/d\u{0}secret", "zero byte"),
    ])
    func `what cannot be read is refused without repeating it`(text: String, reason: String) throws {
        let error = try #require(throws: DatabaseURL.Invalid.self) { try DatabaseURL(text) }
        #expect(error.description.contains(reason), "\(error)")
        #expect(!error.description.contains("secret") && !error.description.contains("ret@"))
    }

    @Test(arguments: [
        ("postgresql://u:secret@h:5433/d?sslmode=require", "postgresql://u@h:5433/d?sslmode=require"),
        ("host=h user='a b' password=secret sslpassword=secret", "postgresql://a%20b@h"),
        ("postgresql://h1:1,h2:2/d?target_session_attrs=any", "postgresql://h1:1,h2:2/d?target_session_attrs=any"),
        ("host=h1,h2 port=5 dbname=d", "postgresql://h1:5,h2:5/d"),
        ("host=/run/pg port=5 dbname=d", "postgresql:///d?host=%2Frun%2Fpg&port=5"),
        ("postgresql://u:secret@[::1]:5/%C3%A4%2F", "postgresql://u@[::1]:5/%C3%A4%2F"), ("", "postgresql://"),
        ("sslmode=require", "postgresql:///?sslmode=require"),
    ])
    func `a URL to be written down has everything but passwords`(text: String, written: String) throws {
        let url = try DatabaseURL(text)
        #expect(url.withoutSecrets == written)
        let back = try DatabaseURL(written)
        #expect(back.host == url.host && back.user == url.user && back.database == url.database)
    }
}
