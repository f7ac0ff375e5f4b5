#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <libssh/libssh.h>

namespace helix::ssh {

struct ChannelEnd {
    void operator()(ssh_channel channel) const { ssh_channel_free(channel); }
};
using ChannelHandle = std::unique_ptr<ssh_channel_struct, ChannelEnd>;

/// Carries bytes between a local socket and a Unix socket on the host, in both directions, with back-pressure.
///
/// Lives on the link's thread. Ends when either side does; the local socket is closed then.
class Tunnel {
public:
    /// Takes `fd`, which does not block.
    /// @param open_by  when the host must have opened it
    Tunnel(ssh_session session, int fd, std::string remote_path, std::chrono::steady_clock::time_point open_by);
    ~Tunnel();
    Tunnel(const Tunnel&) = delete;
    Tunnel& operator=(const Tunnel&) = delete;

    /// Carries what there is without waiting; false: it has ended.
    bool step(std::chrono::steady_clock::time_point now);

    [[nodiscard]] int fd() const { return fd_; }
    /// What of poll's the local socket is waited for.
    [[nodiscard]] short wanted() const;

private:
    enum class State { Opening, Open, Ended };

    void open();
    void take_from_host();
    void give_to_local();
    void take_from_local();
    void give_to_host();

    const int fd_;
    const std::string remote_path_;
    const std::chrono::steady_clock::time_point open_by_;
    const ChannelHandle channel_;
    State state_ = State::Opening;
    std::string to_local_;
    std::string to_host_;
    bool host_ended_ = false;
    bool local_ended_ = false;
};

}  // namespace helix::ssh
