#include "adapters/kubeconfig/config.hpp"

#include <gtest/gtest.h>

#include "adapters/kubeconfig/resolve.hpp"
#include "tests/kubeconfig/folder.hpp"

namespace helix::kubeconfig::testing {
namespace {

Error failure(const std::string& cluster, const std::string& user) {
    const auto config = parse(config_of(cluster, user), "config.yaml");
    if (!config) return config.error();
    const auto access = resolve(*config, "");
    return access.ok() ? error(Code::Internal, "no failure") : access.error();
}

TEST(Kubeconfig, ReadsAContext) {
    const auto config = parse(
        config_of("{server: 'https://h:6443', tls-server-name: kube, certificate-authority-data: " + kPemBase64 + "}",
                  "{token: secret}"),
        "config.yaml");
    ASSERT_TRUE(config.ok()) << config.error().message;
    const auto access = resolve(*config, "");
    ASSERT_TRUE(access.ok()) << access.error().message;
    EXPECT_EQ(access->endpoint.server_url, "https://h:6443");
    EXPECT_EQ(access->endpoint.tls_server_name, "kube");
    EXPECT_EQ(access->endpoint.ca_pem, kPem);
    EXPECT_FALSE(access->endpoint.insecure);
    EXPECT_EQ(access->context, "c");
    EXPECT_EQ(access->default_namespace, "shop");
    EXPECT_EQ(access->credentials->ready()->bearer_token, "secret");
}

TEST(Kubeconfig, MergesTheFirstWinsAndPathsAreRelativeToTheirFile) {
    const Folder folder;
    const std::string one = folder.write("a/one.yaml",
                                         "current-context: first\n"
                                         "contexts:\n- {name: first, context: {cluster: k, user: u}}\n"
                                         "clusters:\n- {name: k, cluster: {server: 'https://one', "
                                         "certificate-authority: pki/ca.crt}}\n");
    const std::string two = folder.write("b/two.yaml",
                                         "current-context: second\n"
                                         "contexts:\n- {name: second, context: {cluster: k, user: u}}\n"
                                         "clusters:\n- {name: k, cluster: {server: 'https://two'}}\n"
                                         "users:\n- {name: u, user: {tokenFile: token}}\n");
    folder.write("a/pki/ca.crt", kPem);
    folder.write("b/token", "from-b\n");
    const auto config = load({folder / "missing", one, two});
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_EQ(config->current_context, "first");
    EXPECT_EQ(config->contexts.size(), 2U);
    const auto access = resolve(*config, "second");
    ASSERT_TRUE(access.ok()) << access.error().message;
    EXPECT_EQ(access->endpoint.server_url, "https://one");
    EXPECT_EQ(access->endpoint.ca_pem, kPem);
    EXPECT_EQ(access->credentials->fetch({})->bearer_token, "from-b");
}

TEST(Kubeconfig, NoneAtAllIsNotFound) {
    const Folder folder;
    EXPECT_EQ(load({folder / "x", folder / "y"}).error().code, Code::NotFound);
    EXPECT_EQ(load({}).error().code, Code::NotFound);
}

TEST(Kubeconfig, DefaultPathsComeFromTheEnvironmentGiven) {
    const auto with = [](const char* list, const char* home) {
        return default_kubeconfig_paths(
            [=](const char* name) { return std::string_view(name) == "KUBECONFIG" ? list : home; });
    };
    EXPECT_EQ(with("/a::/b", "/h"), (std::vector<std::string>{"/a", "/b"}));
    EXPECT_EQ(with(nullptr, "/h"), (std::vector<std::string>{"/h/.kube/config"}));
    EXPECT_EQ(with("", "/h"), (std::vector<std::string>{"/h/.kube/config"}));
    EXPECT_TRUE(with(nullptr, nullptr).empty());
}

TEST(Kubeconfig, NamesFileLineAndField) {
    auto config =
        parse("current-context: c\ncontexts:\n- name: c\n  context:\n    cluster: x\n    user: u\n", "config.yaml");
    ASSERT_TRUE(config.ok());
    EXPECT_EQ(resolve(*config, "").error().message,
              "config.yaml:5: contexts[0].context.cluster: no cluster named \"x\"");
    EXPECT_EQ(resolve(*config, "nope").error().code, Code::NotFound);
    EXPECT_EQ(failure("{server: [1]}", "{}").message, "config.yaml:9: clusters[0].cluster.server: must be text");
    EXPECT_EQ(failure("[]", "{}").message, "config.yaml:9: clusters[0].cluster: must be a mapping");
    EXPECT_EQ(parse("users: 7\n", "config.yaml").error().message, "config.yaml:1: users: must be a list");
    EXPECT_EQ(parse("kind: Pod\n", "config.yaml").error().message, "config.yaml:1: kind: must be Config");
}

TEST(Kubeconfig, RefusesWhatIsNotSupported) {
    const std::string cluster = "{server: 'https://h'}";
    for (const char* user : {"{username: a, password: canary}", "{auth-provider: {name: gcp}}", "{as: root}"})
        EXPECT_EQ(failure(cluster, user).code, Code::Unimplemented) << user;
    EXPECT_EQ(failure("{server: 'https://h', proxy-url: 'http://p'}", "{}").code, Code::Unimplemented);
    EXPECT_EQ(failure(cluster, "{exec: {apiVersion: client.authentication.k8s.io/v1, command: x}}").code,
              Code::PermissionDenied);
}

TEST(Kubeconfig, RefusesContradictionsAndHalves) {
    const std::string cluster = "{server: 'https://h'}";
    EXPECT_EQ(failure("{}", "{}").code, Code::InvalidArgument);
    EXPECT_EQ(failure("{server: 'https://h', insecure-skip-tls-verify: maybe}", "{}").code, Code::InvalidArgument);
    EXPECT_EQ(failure("{server: 'https://h', insecure-skip-tls-verify: true, certificate-authority: x}", "{}").code,
              Code::InvalidArgument);
    EXPECT_EQ(failure(cluster, "{client-certificate: x}").code, Code::InvalidArgument);
    EXPECT_EQ(failure(cluster, "{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}}").code,
              Code::InvalidArgument);
    EXPECT_EQ(failure(cluster, "{exec: {apiVersion: client.authentication.k8s.io/v1}}").code, Code::InvalidArgument);
}

TEST(Kubeconfig, SecretsNeverShowInErrors) {
    const std::string cluster = "{server: 'https://h'}";
    for (const char* user : {"{password: canary}", "{token: [canary]}", "{client-key-data: canary}",
                             "{client-certificate-data: canary, client-key-data: canary}", "{token: 'canary}"}) {
        const Error e = failure(cluster, user);
        EXPECT_NE(e.code, Code::Internal) << user;
        EXPECT_EQ((e.message + e.mend + e.where).find("canary"), std::string::npos) << e.message;
    }
}

TEST(Kubeconfig, SurvivesEveryTruncationOfAFile) {
    const std::string whole = config_of("{server: 'https://h', certificate-authority-data: " + kPemBase64 + "}",
                                        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: a/b, args: [x], "
                                        "env: [{name: A, value: b}]}}");
    std::size_t refused = 0;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto config = parse(whole.substr(0, length), "config.yaml");
        refused += config.ok() ? 0 : 1;
        EXPECT_TRUE(config.ok() || config.error().message.starts_with("config.yaml"));
    }
    EXPECT_GT(refused, 100U);
}

}  // namespace
}  // namespace helix::kubeconfig::testing
