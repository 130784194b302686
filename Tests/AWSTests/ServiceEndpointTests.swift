import Testing

@testable import AWS

@Suite("Addresses of services")
struct ServiceEndpointTests {
    private static func variant(_ word: String) -> EndpointVariant {
        var variant = EndpointVariant()
        variant.isFIPS = word.contains("fips")
        variant.isDualStack = word.contains("dual")
        return variant
    }

    @Test(
        "a service has its address in each region, by partition and variant",
        arguments: [
            (AWSService.s3, "us-east-1", "", "s3.us-east-1.amazonaws.com"),
            (.s3, "us-gov-west-1", "fips", "s3-fips.us-gov-west-1.amazonaws.com"),
            (.s3, "us-east-1", "dual", "s3.dualstack.us-east-1.amazonaws.com"),
            (.s3, "us-east-1", "fips dual", "s3-fips.dualstack.us-east-1.amazonaws.com"),
            (.s3, "cn-north-1", "dual", "s3.dualstack.cn-north-1.amazonaws.com.cn"),
            (.s3, "eusc-de-east-1", "", "s3.eusc-de-east-1.amazonaws.eu"),
            (.s3, "us-iso-east-1", "", "s3.us-iso-east-1.c2s.ic.gov"),
            (.s3, "us-isob-east-1", "", "s3.us-isob-east-1.sc2s.sgov.gov"),
            (.glue, "eu-west-1", "fips", "glue-fips.eu-west-1.amazonaws.com"),
            (.glue, "cn-north-1", "dual", "glue.cn-north-1.api.amazonwebservices.com.cn"),
            (.glue, "us-gov-west-1", "fips", "glue-fips.us-gov-west-1.amazonaws.com"),
            (.athena, "us-east-1", "fips dual", "athena-fips.us-east-1.api.aws"),
            (.cloudWatch, "us-east-1", "", "monitoring.us-east-1.amazonaws.com"),
            (.cloudWatch, "us-gov-west-1", "fips dual", "monitoring.us-gov-west-1.api.aws"),
            (.logs, "us-gov-west-1", "fips", "logs.us-gov-west-1.amazonaws.com"),
            (.logs, "us-gov-west-1", "fips dual", "logs-fips.us-gov-west-1.api.aws"),
            (.sts, "us-east-1", "fips", "sts-fips.us-east-1.amazonaws.com"),
            (.sts, "us-gov-west-1", "fips", "sts.us-gov-west-1.amazonaws.com"),
            (.sts, "cn-northwest-1", "", "sts.cn-northwest-1.amazonaws.com.cn"),
            (.portal, "eu-central-1", "", "portal.sso.eu-central-1.amazonaws.com"),
            (.portal, "us-east-1", "fips", "portal.sso-fips.us-east-1.amazonaws.com"),
            (.logins, "us-east-1", "dual", "oidc.us-east-1.api.aws"),
        ]
    )
    func hosts(service: AWSService, region: String, variant: String, host: String) {
        #expect(service.host(region: region, Self.variant(variant)) == host)
    }
}
