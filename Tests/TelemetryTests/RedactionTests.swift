import Telemetry
import Testing

@Suite
struct RedactionTests {
    @Test(arguments: [
        ("nothing to hide", "nothing to hide"),
        ("s3://bucket/prefix", "s3://bucket/prefix"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("x postgresql://u:p@h/d y", "x postgresql://u:<redacted>@h/d y"),
        ("postgresql://u:p@ss/w@h/d", "postgresql://u:<redacted>@h/d"),
        ("'postgresql://u:p'q@h/d'", "'postgresql://u:<redacted>@h/d'"),
        ("postgresql://u:@h", "postgresql://u:<redacted>@h"),
        ("a://u:p@h b://v:q@i", "a://u:<redacted>@h b://v:<redacted>@i"),
        ("host=h password=p user=u", "host=h password=<redacted> user=u"),
        ("PGPASSWORD = p", "PGPASSWORD = <redacted>"),
        ("password='a \\' b' user=u", "password=<redacted> user=u"),
        ("postgresql://h/d?password=p&sslpassword=q", "postgresql://h/d?password=<redacted>&sslpassword=<redacted>"),
        ("the password is wrong", "the password is wrong"),
        ("password=", "password=<redacted>"),
    ])
    func `passwords are replaced and the rest stays`(text: String, result: String) {
        #expect(Redaction.redacted(text) == result)
    }
}
