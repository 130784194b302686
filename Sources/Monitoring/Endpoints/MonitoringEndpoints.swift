import Telemetry

/// What is answered at which path.
struct MonitoringEndpoints: Sendable {
    let instruments: Instruments

    /// Answers a request.
    func respond(to request: EndpointRequest) -> EndpointResponse {
        switch request.path {
        case "/":
            EndpointResponse(
                contentType: StatusPage.contentType,
                text: StatusPage.html(instruments.readings(), instruments.health.report(), at: .now)
            )
        case "/metrics":
            EndpointResponse(contentType: PrometheusText.contentType, text: PrometheusText.text(instruments.readings()))
        case "/healthz": Self.json(200, #"{"status":"alive"}"#)
        case "/readyz": readiness
        default: EndpointResponse(status: 404, text: "there are /, /metrics, /healthz and /readyz\n")
        }
    }

    private var readiness: EndpointResponse {
        guard let reason = instruments.health.report().reason else { return Self.json(200, #"{"status":"ready"}"#) }
        return Self.json(503, "{\"status\":\"not ready\",\"reason\":\(Escaping.json(reason))}")
    }

    private static func json(_ status: Int, _ text: String) -> EndpointResponse {
        EndpointResponse(status: status, contentType: "application/json", text: text + "\n")
    }
}
