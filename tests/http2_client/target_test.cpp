#include "adapters/http2_client/target.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

namespace helix::http2_client {
namespace {

TEST(ParseTarget, TakesHttpsAndLoopbackHttp) {
    EXPECT_EQ(parse_target({"https://api.example:6443/k8s/"})->base_url, "https://api.example:6443/k8s");
    EXPECT_EQ(parse_target({"https://[2001:db8::1]"})->base_url, "https://[2001:db8::1]:443");
    EXPECT_TRUE(parse_target({"http://127.0.0.1:8080"})->plain);
    EXPECT_TRUE(parse_target({"http://localhost"})->plain);
}

TEST(ParseTarget, RefusesTheRest) {
    for (const char* url : {"", "api.example", "http://api.example", "ftp://api.example", "https://",
                            "https://user:pw@api.example", "https://api.example/?a=1", "https://api.example/#x",
                            "https://169.254.169.254/latest", "https://[fe80::1]:6443", "file:///etc/passwd"}) {
        const auto target = parse_target({url});
        ASSERT_FALSE(target.ok()) << url;
        EXPECT_EQ(target.error().code, Code::InvalidArgument);
        EXPECT_EQ(target.error().message.find("pw"), std::string::npos);
    }
}

TEST(ParseTarget, AServerNameLeadsToTheTrueHost) {
    const auto target = parse_target({"https://10.0.0.1:6443", "", "kubernetes"});
    EXPECT_EQ(target->base_url, "https://kubernetes:6443");
    EXPECT_EQ(target->connect_to, "::10.0.0.1:6443");
    EXPECT_EQ(target->host_header, "10.0.0.1:6443");
    EXPECT_FALSE(parse_target({"https://10.0.0.1", "", "a/b"}).ok());
}

TEST(WellFormedPath, RefusesWhatCouldLeaveTheRequestLine) {
    for (const char* path : {"/api", "/", "/api/v1/pods?labelSelector=a%3Db&x=..", "/a/..b/c."})
        EXPECT_TRUE(well_formed_path(path)) << path;
    for (const char* path : {"", "api", "/a b", "/a\r\nX: y", "/a/../b", "/..", "/./a", "/a#b", "/a\x7f"})
        EXPECT_FALSE(well_formed_path(path)) << path;
}

bool v4_allowed(const char* text, bool plain) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, text, &address.sin_addr);
    return address_allowed(reinterpret_cast<const sockaddr&>(address), plain);
}

bool v6_allowed(const char* text, bool plain) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    inet_pton(AF_INET6, text, &address.sin6_addr);
    return address_allowed(reinterpret_cast<const sockaddr&>(address), plain);
}

TEST(ParseTarget, PlainHttpLeavesTheMachineOnlyWhenAllowed) {
    endpoint::Endpoint endpoint{"http://10.1.2.3:8080"};
    EXPECT_FALSE(parse_target(endpoint).ok());
    endpoint.allow_plain = true;
    EXPECT_TRUE(parse_target(endpoint).ok());
    endpoint.server_url = "http://169.254.169.254";
    EXPECT_FALSE(parse_target(endpoint).ok());
}

TEST(AddressAllowed, NeverLinkLocalAndPlainOnlyLoopback) {
    EXPECT_TRUE(v4_allowed("10.1.2.3", false));
    EXPECT_FALSE(v4_allowed("169.254.169.254", false));
    EXPECT_FALSE(v6_allowed("::ffff:169.254.169.254", false));
    EXPECT_FALSE(v6_allowed("fe80::1", false));
    EXPECT_FALSE(v6_allowed("fd00:ec2::254", false));
    EXPECT_TRUE(v6_allowed("2001:db8::1", false));
    EXPECT_TRUE(v4_allowed("127.0.0.1", true));
    EXPECT_FALSE(v4_allowed("10.1.2.3", true));
    EXPECT_TRUE(v6_allowed("::1", true));
    EXPECT_FALSE(v6_allowed("2001:db8::1", true));
}

}  // namespace
}  // namespace helix::http2_client
