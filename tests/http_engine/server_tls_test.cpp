// What only TLS has: slow handshakes, old versions, a certificate exchanged while running.
#include <array>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "service/http/engine/server.hpp"
#include "tests/http_engine/raw_client.hpp"

namespace helix::http_engine {
namespace {

using testing::eventually;
using testing::get;
using testing::RawClient;

class ServerTls : public ::testing::Test {
protected:
    int start(ServerOptions options = {}) {
        options.tls = TlsOptions{identity_.certificate(), identity_.key()};
        server_ = std::make_unique<Server>(std::move(options));
        server_->Get("/hello", [](const httplib::Request& req, httplib::Response& res) {
            res.set_content(req.ssl != nullptr ? "tls" : "plain", "text/plain");
        });
        const auto port = server_->start("127.0.0.1", 0);
        EXPECT_TRUE(port.ok());
        return port ? *port : 0;
    }
    static std::string name_seen_by(const RawClient& client) {
        std::array<char, 64> name{};
        X509* peer = SSL_get1_peer_certificate(client.ssl());
        X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name.data(),
                                  static_cast<int>(name.size()));
        X509_free(peer);
        return name.data();
    }

    testing::TestIdentity identity_;
    std::unique_ptr<Server> server_;
};

TEST_F(ServerTls, ReloadsItsCertificateForNewConnectionsOnly) {
    const int port = start();
    RawClient old(port, true);
    EXPECT_EQ(name_seen_by(old), "first");
    identity_.renew("second");
    ASSERT_TRUE(server_->reload_certificate().ok());
    EXPECT_EQ(name_seen_by(RawClient(port, true)), "second");
    ASSERT_TRUE(old.send(get("/hello")));
    EXPECT_TRUE(old.read_response().ends_with("tls"));

    std::ofstream(identity_.certificate()) << "not a certificate";
    const auto failed = server_->reload_certificate();
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, Code::InvalidArgument);
    EXPECT_EQ(name_seen_by(RawClient(port, true)), "second") << "the good one stays";
}

TEST_F(ServerTls, EndsSlowAndBrokenHandshakes) {
    ServerOptions options;
    options.handshake_limit = Millis{60};
    const int port = start(options);
    RawClient silent(port);
    RawClient half(port);
    ASSERT_TRUE(half.send(std::string("\x16\x03\x01\x02\x00\x01", 6)));
    EXPECT_TRUE(silent.closed_by_peer());
    EXPECT_TRUE(half.closed_by_peer());
    RawClient plain(port);
    ASSERT_TRUE(plain.send(get("/hello")));
    EXPECT_TRUE(plain.closed_by_peer());
    EXPECT_TRUE(eventually([&] { return server_->stats().handshakes_failed_total == 3; }));
}

TEST_F(ServerTls, SpeaksNothingOlderThanTls12) {
    const int port = start();
    const RawClient carrier(port);
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, carrier.fd());
    EXPECT_NE(SSL_connect(ssl), 1);
    SSL_free(ssl);
    SSL_CTX_free(context);
    EXPECT_TRUE(eventually([&] { return server_->stats().handshakes_failed_total == 1; }));
}

TEST_F(ServerTls, RefusesToStartWithoutAUsableIdentity) {
    const testing::TestIdentity other;
    ServerOptions options;
    options.tls = TlsOptions{identity_.certificate(), other.key()};
    EXPECT_EQ(Server(options).start("127.0.0.1", 0).error().code, Code::InvalidArgument);
    options.tls = TlsOptions{"/nonexistent", identity_.key()};
    EXPECT_EQ(Server(options).start("127.0.0.1", 0).error().code, Code::InvalidArgument);
}

TEST(ServerStart, SaysWhyItCannotListen) {
    Server first;
    const auto port = first.start("127.0.0.1", 0);
    ASSERT_TRUE(port.ok());
    Server second;
    EXPECT_EQ(second.start("127.0.0.1", *port).error().code, Code::Unavailable);
    EXPECT_EQ(Server().start("no such host.invalid", 0).error().code, Code::InvalidArgument);
    EXPECT_EQ(first.start("127.0.0.1", 0).error().code, Code::PreconditionFailed);
    EXPECT_EQ(first.reload_certificate().error().code, Code::PreconditionFailed);
}

}  // namespace
}  // namespace helix::http_engine
