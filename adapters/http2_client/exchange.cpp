#include "adapters/http2_client/exchange.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace helix::http2_client {
namespace {

constexpr std::size_t kHeaderBytesMax = 64U << 10U;
constexpr std::size_t kErrorBodyMax = 64U << 10U;  ///< kept of a streamed request's error answer
constexpr long kConnectionAgeMax_s = 24L * 3600L;  ///< libcurl's own 118 s would reconnect between slow ticks

curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* address) {
    auto& sockets = *static_cast<Sockets*>(data);
    const bool allowed = sockets.local ? address->family == AF_UNIX : address_allowed(address->addr, sockets.plain);
    if (!allowed) return CURL_SOCKET_BAD;
    const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd >= 0) ++sockets.opened;
    return fd;
}

int close_socket(void* data, curl_socket_t fd) {
    ++static_cast<Sockets*>(data)->closed;
    return ::close(fd);
}

void set_socket_option(int fd, int level, int name, int value) {
    // Refused only by exotic address families; the connection works without.
    static_cast<void>(::setsockopt(fd, level, name, &value, sizeof value));
}

int tune_socket(void* data, curl_socket_t fd, curlsocktype) {
    const auto& sockets = *static_cast<const Sockets*>(data);
    if (sockets.local) return CURL_SOCKOPT_OK;
    set_socket_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_socket_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, sockets.keepalive_idle_s);
    set_socket_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, sockets.keepalive_idle_s / 3));
    set_socket_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
    set_socket_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(sockets.user_timeout_ms));
    return CURL_SOCKOPT_OK;
}

bool same_name(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    });
}

void set_blob(CURL* handle, CURLoption option, const std::string& pem) {
    // Not copied: the exchange holds the owner for as long as the handle lives.
    curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(handle, option, &blob);
}

Clock::time_point deadline_of(const Request& request) {
    return request.timeout.count() > 0 ? Clock::now() + request.timeout : Clock::time_point::max();
}

}  // namespace

std::string_view to_string(Method method) {
    switch (method) {
        case Method::Get:
            return "GET";
        case Method::Post:
            return "POST";
        case Method::Put:
            return "PUT";
        case Method::Patch:
            return "PATCH";
        case Method::Delete:
            return "DELETE";
    }
    return "GET";
}

Exchange::Exchange(Channel::Ticket ticket, Request request, OnBytes on_bytes, OnDone on_done)
    : ticket_(ticket),
      request_(std::move(request)),
      on_bytes_(std::move(on_bytes)),
      on_done_(std::move(on_done)),
      deadline_(deadline_of(request_)) {}

Exchange::~Exchange() {
    curl_easy_cleanup(handle_);
    curl_slist_free_all(headers_);
    curl_slist_free_all(connect_to_);
}

Result<void> Exchange::check() const {
    if (!well_formed_path(request_.path)) return error(Code::InvalidArgument, "the request path is malformed");
    if (!well_formed_header(request_.content_type) || !well_formed_header(request_.accept))
        return error(Code::InvalidArgument, "a header value holds a control character");
    if (!well_formed_header(credential_->bearer_token))
        return error(Code::Unauthenticated, "the bearer token holds a control character");
    return {};
}

Result<void> Exchange::prepare(const Target& target, std::shared_ptr<const endpoint::Credential> credential,
                               const ChannelOptions& options, Sockets& sockets) {
    credential_ = std::move(credential);
    response_ = {};
    header_bytes_ = 0;
    curl_message_[0] = '\0';
    sends_before_ = sends_;
    local_port_ = 0;
    sends_max_ = request_.is_write() ? 1 : std::max(1, options.read_sends_max);
    if (auto checked = check(); !checked) return checked;
    if (handle_ == nullptr) handle_ = curl_easy_init();
    if (handle_ == nullptr) return error(Code::Internal, "libcurl gave no handle");
    curl_easy_reset(handle_);
    set_request(target);
    set_tls(target);
    set_connection(target, options, sockets);
    return {};
}

void Exchange::add_header(std::string line) {
    headers_ = curl_slist_append(headers_, line.c_str());
}

void Exchange::set_request(const Target& target) {
    const std::string url = target.base_url + request_.path;
    curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle_, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(handle_, CURLOPT_PRIVATE, this);
    curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, curl_message_.data());
    curl_easy_setopt(handle_, CURLOPT_USERAGENT, "helix-coaster");
    curl_slist_free_all(std::exchange(headers_, nullptr));
    add_header("Expect:");  // no 100-continue round trip, and no second place where a write is decided
    add_header("Accept: " + request_.accept);
    add_header(request_.content_type.empty() ? "Content-Type:" : "Content-Type: " + request_.content_type);
    if (!target.host_header.empty()) add_header("Host: " + target.host_header);
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers_);
    if (request_.body != nullptr) {
        curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body->size()));
        curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, request_.body->data());
    } else if (request_.method == Method::Post || request_.method == Method::Put || request_.method == Method::Patch) {
        curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(0));
        curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, "");
    }
    if (request_.method != Method::Get || request_.body != nullptr)
        curl_easy_setopt(handle_, CURLOPT_CUSTOMREQUEST, std::string(to_string(request_.method)).c_str());
    if (!credential_->bearer_token.empty()) {
        curl_easy_setopt(handle_, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
        curl_easy_setopt(handle_, CURLOPT_XOAUTH2_BEARER, credential_->bearer_token.c_str());
    }
    curl_easy_setopt(handle_, CURLOPT_PREREQFUNCTION, &Exchange::on_prereq);
    curl_easy_setopt(handle_, CURLOPT_PREREQDATA, this);
    curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
    curl_easy_setopt(handle_, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
}

void Exchange::set_tls(const Target& target) {
    const endpoint::Endpoint& endpoint = target.endpoint;
    curl_easy_setopt(handle_, CURLOPT_PROTOCOLS_STR, target.plain ? "http" : "https");
    curl_easy_setopt(handle_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(handle_, CURLOPT_SSL_VERIFYPEER, endpoint.insecure ? 0L : 1L);
    curl_easy_setopt(handle_, CURLOPT_SSL_VERIFYHOST, endpoint.insecure ? 0L : 2L);
    if (!endpoint.ca_pem.empty()) {
        set_blob(handle_, CURLOPT_CAINFO_BLOB, endpoint.ca_pem);
        curl_easy_setopt(handle_, CURLOPT_CAPATH, nullptr);  // else the system's certificates stay trusted beside it
    }
    if (!credential_->client_cert_pem.empty()) {
        curl_easy_setopt(handle_, CURLOPT_SSLCERTTYPE, "PEM");
        curl_easy_setopt(handle_, CURLOPT_SSLKEYTYPE, "PEM");
        set_blob(handle_, CURLOPT_SSLCERT_BLOB, credential_->client_cert_pem);
        set_blob(handle_, CURLOPT_SSLKEY_BLOB, credential_->client_key_pem);
    }
}

void Exchange::set_connection(const Target& target, const ChannelOptions& options, Sockets& sockets) {
    curl_slist_free_all(std::exchange(connect_to_, nullptr));
    if (!target.connect_to.empty()) {
        connect_to_ = curl_slist_append(nullptr, target.connect_to.c_str());
        curl_easy_setopt(handle_, CURLOPT_CONNECT_TO, connect_to_);
    }
    if (!options.local_socket.empty())
        curl_easy_setopt(handle_, CURLOPT_ABSTRACT_UNIX_SOCKET, options.local_socket.c_str());
    const bool multiplex = options.multiplex && !target.plain;
    curl_easy_setopt(handle_, CURLOPT_HTTP_VERSION,
                     static_cast<long>(multiplex ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    // Without it a cold burst opens a connection per request before the first one has said that it speaks HTTP/2.
    curl_easy_setopt(handle_, CURLOPT_PIPEWAIT, multiplex ? 1L : 0L);
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_PROXY, "");  // the environment's proxies are not ours to use
    curl_easy_setopt(handle_, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle_, CURLOPT_MAXAGE_CONN, kConnectionAgeMax_s);
    curl_easy_setopt(handle_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    if (request_.idle_timeout.count() > 0) {
        curl_easy_setopt(handle_, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(handle_, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request_.idle_timeout.count()));
    }
    curl_easy_setopt(handle_, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(handle_, CURLOPT_OPENSOCKETDATA, &sockets);
    curl_easy_setopt(handle_, CURLOPT_CLOSESOCKETFUNCTION, &close_socket);
    curl_easy_setopt(handle_, CURLOPT_CLOSESOCKETDATA, &sockets);
    curl_easy_setopt(handle_, CURLOPT_SOCKOPTFUNCTION, &tune_socket);
    curl_easy_setopt(handle_, CURLOPT_SOCKOPTDATA, &sockets);
}

bool Exchange::over_http2() const {
    long version = 0;
    curl_easy_getinfo(handle_, CURLINFO_HTTP_VERSION, &version);
    return version == CURL_HTTP_VERSION_2_0;
}

int Exchange::on_prereq(void* self, char*, char*, int, int local_port) {
    // Called right before a request is written to a connection, also when libcurl has decided by itself to write it
    // again on another one: here, and nowhere else, a second send can be stopped.
    auto& exchange = *static_cast<Exchange*>(self);
    if (exchange.sends_ >= exchange.sends_max_) {
        exchange.ended_by_ = EndedBy::TooManySends;
        return CURL_PREREQFUNC_ABORT;
    }
    ++exchange.sends_;
    exchange.local_port_ = local_port;
    exchange.sent_at_ = Clock::now();
    return CURL_PREREQFUNC_OK;
}

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    exchange.header_bytes_ += size * count;
    if (exchange.header_bytes_ > kHeaderBytesMax) {
        exchange.ended_by_ = EndedBy::TooLong;
        return 0;
    }
    exchange.take_header(std::string_view(data, size * count));
    return size * count;
}

void Exchange::take_header(std::string_view line) {
    while (line.ends_with('\r') || line.ends_with('\n')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {  // a status line; those of 1xx answers come before the true one
        response_ = {};
        long status = 0;
        curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
        response_.status = static_cast<int>(status);
        return;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view name = line.substr(0, colon);
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    if (same_name(name, "content-type")) response_.content_type = value;
    if (same_name(name, "etag")) response_.etag = value;
    if (same_name(name, "retry-after")) response_.retry_after = value;
    if (same_name(name, "audit-id")) response_.audit_id = value;
    if (same_name(name, "warning")) response_.warnings.emplace_back(value);
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->take_body(std::string_view(data, size * count));
}

std::size_t Exchange::take_body(std::string_view bytes) {
    const bool streamed = on_bytes_ && response_.status >= 200 && response_.status < 300;
    if (streamed) {
        delivered_ = true;
        if (on_bytes_(bytes)) return bytes.size();
        ended_by_ = EndedBy::Consumer;
        return 0;
    }
    if (response_.body.size() + bytes.size() <= (on_bytes_ ? kErrorBodyMax : request_.body_bytes_max)) {
        response_.body.append(bytes);
        return bytes.size();
    }
    if (on_bytes_) return bytes.size();  // an error's text, long enough already
    ended_by_ = EndedBy::TooLong;
    return 0;
}

Result<Response> Exchange::verdict(CURLcode rc) {
    if (rc == CURLE_OK && ended_by_ == EndedBy::Nobody) return std::move(response_);
    return failure(rc);
}

std::string Exchange::reason(CURLcode rc) const {
    switch (ended_by_) {
        case EndedBy::Consumer:
            return "ended by its reader";
        case EndedBy::Cancel:
            return "cancelled";
        case EndedBy::Deadline:
            return "no whole answer within " + std::to_string(request_.timeout.count()) + " ms";
        case EndedBy::Close:
            return "channel closed";
        case EndedBy::TooLong:
            return "the answer is longer than its bound";
        case EndedBy::TooManySends:
            return "the connection ended before an answer came";
        case EndedBy::Nobody:
            break;
    }
    return curl_message_[0] != '\0' ? curl_message_.data() : curl_easy_strerror(rc);
}

Error Exchange::failure(CURLcode rc) const {
    const std::string why = std::string(to_string(request_.method)) + ": " + reason(rc);
    if (request_.is_write() && sends_ > 0)
        return error(Code::UnknownOutcome, why, "read the object back before anything is sent again");
    if (ended_by_ == EndedBy::TooLong) return error(Code::ResourceExhausted, why);
    if (ended_by_ == EndedBy::Deadline && !request_.is_write()) return error(Code::DeadlineExceeded, why);
    if (ended_by_ != EndedBy::Nobody) return error(Code::Unavailable, why);
    if (rc == CURLE_OPERATION_TIMEDOUT && sends_ > 0) return error(Code::DeadlineExceeded, why);
    if (rc == CURLE_SSL_CERTPROBLEM) return error(Code::Unauthenticated, why, "check the client certificate and key");
    if (rc == CURLE_PEER_FAILED_VERIFICATION)
        return error(Code::Unavailable, why, "check the certificate authority and the TLS server name");
    return error(Code::Unavailable, why);
}

bool Exchange::may_resend(CURLcode rc) const {
    if (rc == CURLE_OK || request_.is_write() || delivered_ || ended_by_ != EndedBy::Nobody) return false;
    // Not after a time-out (it would take as long again), and not when this try sent nothing: that is the caller's
    // back-off.
    return rc != CURLE_OPERATION_TIMEDOUT && sends_ > sends_before_ && sends_ < sends_max_;
}

bool Exchange::start_over_after_401() {
    if (std::exchange(started_over_, true)) return false;
    sends_ = 0;
    return true;
}

}  // namespace helix::http2_client
