import Testing

@testable import Telemetry

@Suite
struct StatusPageTests {
    private let instruments = Instruments()

    private var page: String {
        StatusPage.html(instruments.readings(), instruments.health.report(), at: UTCTime(millisecondsSinceEpoch: 0))
    }

    @Test
    func `a process that has done nothing says so`() {
        #expect(
            page.contains("<p class=\"bad\">Not ready: changes do not stream yet; the log says what is waited for</p>")
        )
        #expect(page.contains("<tr><th>Running for</th><td>0 s</td></tr>") && !page.contains("<th>Table</th>"))
    }

    @Test
    func `what is behind, kept and pending is shown as people write it`() {
        instruments.connected()
        instruments.checkpointed()
        instruments.sawSlot(
            Instruments.SlotFigures(
                lagByteCount: 2 << 20,
                lag: .seconds(90),
                isActive: true,
                retainedByteCount: 1 << 30,
                safeByteCount: 3 << 30
            )
        )
        instruments.flushed("invoices", changes: 12_345, bytes: 1)
        #expect(page.contains("<p class=\"good\">Ready</p>"))
        #expect(page.contains("<tr><th>Connection</th><td>streams</td></tr>"))
        #expect(page.contains("<tr><th>Behind</th><td>2.0 MiB, 1 min</td></tr>"))
        #expect(page.contains("1.0 GiB of 4.0 GiB <meter max=\"1\" high=\"0.5\" optimum=\"0\" value=\"0.25\"></meter>"))
        #expect(page.contains("<tr><th>invoices</th><td></td><td>12,345</td><td></td>"))
    }

    @Test
    func `failures stand out`() {
        instruments.connected()
        instruments.connectionLost("server closed <the> connection")
        instruments.exportFailed("invoices")
        #expect(page.contains("<title>(!) Sluice</title>"))
        #expect(page.contains("the connection to the database is lost: server closed &lt;the&gt; connection"))
        #expect(page.contains("<td>none, lost and tried again: 1</td>") && page.contains("<td class=\"bad\">1</td>"))
    }

    @Test
    func `names are shown and never obeyed`() {
        instruments.exportFailed("<script>alert('1')</script>&\"\u{1B}[2J")
        let name = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;\\u001b[2J"
        #expect(page.contains("<tr><th>\(name)</th>") && !page.contains("<script"))
    }

    @Test
    func `of very many tables the rest is counted`() {
        for number in 0..<StatusPage.tableLimit + 3 { instruments.exportFailed("t\(number)") }
        #expect(page.contains("and 3 tables more") && page.split(separator: "<th>t").count == StatusPage.tableLimit + 1)
    }

    @Test
    func `numbers beyond what is counted do not end the process`() {
        instruments.registry.set(.lagBytes, to: .infinity)
        instruments.registry.set(.lagSeconds, to: .nan)
        instruments.registry.set(.residentBytes, to: 1e300)
        #expect(page.contains("<th>Behind</th>"))
    }
}
