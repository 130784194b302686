import Telemetry
import Testing

@testable import Monitoring

@Suite
struct MonitoringEndpointsTests {
    private let instruments = Instruments()

    private func answer(_ path: String) throws -> (status: Int, type: String, text: String) {
        let request = try EndpointRequest(head: Array("GET \(path) HTTP/1.1".utf8))
        let response = MonitoringEndpoints(instruments: instruments).respond(to: request)
        return (response.status, response.contentType, String(decoding: response.body, as: UTF8.self))
    }

    @Test
    func `metrics are in the format of Prometheus`() throws {
        instruments.exportFailed("invoices")
        let answer = try answer("/metrics")
        #expect(answer.status == 200 && answer.type == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.text.contains("\nsluice_export_failure_total{table=\"invoices\"} 1\n"))
    }

    @Test
    func `a process that answers is alive, and ready once it has what it needs`() throws {
        #expect(try answer("/healthz") == (200, "application/json", "{\"status\":\"alive\"}\n"))
        let notReady =
            "{\"status\":\"not ready\",\"reason\":\"changes do not stream yet; the log says what is waited for\"}\n"
        #expect(try answer("/readyz") == (503, "application/json", notReady))
        instruments.connected()
        instruments.checkpointed()
        #expect(try answer("/readyz") == (200, "application/json", "{\"status\":\"ready\"}\n"))
    }

    @Test
    func `the first page is for people`() throws {
        instruments.exportFailed("invoices")
        let answer = try answer("/")
        #expect(answer.status == 200 && answer.type == "text/html; charset=utf-8")
        #expect(answer.text.contains("<th>invoices</th>"))
        #expect(answer.text.contains("Not ready: changes do not stream yet"))
    }

    @Test(arguments: ["/status", "/metrics/", "/favicon.ico"])
    func `elsewhere is said what there is`(path: String) throws {
        let answer = try answer(path)
        #expect(answer.status == 404 && answer.text == "there are /, /metrics, /healthz and /readyz\n")
    }
}
