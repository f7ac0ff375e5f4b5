#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/kubernetes/watch_sink.hpp"

namespace helix::kubernetes {

/// The objects of one resource as its watch tells them; of a namespaced one, those of the namespaces asked for.
///
/// Thread safety: any method from any thread; one thread feeds it.
template <class T>
class Shelf final : public WatchSink {
public:
    /// @param changed  called without the lock after each change, with the namespace it is in; empty: any
    explicit Shelf(std::function<void(const std::string& ns)> changed) : changed_(std::move(changed)) {}

    /// Keep objects of all namespaces (the default), or of these alone.
    void keep_only(std::set<std::string> namespaces) {
        const std::lock_guard lock(mutex_);
        everything_ = false;
        namespaces_ = std::move(namespaces);
        std::erase_if(objects_, [this](const auto& one) { return !namespaces_.contains(one.first.first); });
        std::erase_if(complete_, [this](const std::string& ns) { return !namespaces_.contains(ns); });
    }

    void begin_list(kube_objects::Kind) override {
        const std::lock_guard lock(mutex_);
        ++mark_;
        listing_ = namespaces_;
    }

    void put(kube_objects::Kind, kube_objects::Object&& object) override {
        auto* mine = std::get_if<T>(&object);
        if (mine == nullptr) return;
        const auto key = key_of(*mine);
        {
            const std::lock_guard lock(mutex_);
            if (!everything_ && !namespaces_.contains(key.first)) return;
            objects_[key] = {std::make_shared<const T>(std::move(*mine)), mark_};
        }
        changed_(key.first);
    }

    void remove(kube_objects::Kind, const kube_objects::Object& object) override {
        const auto* mine = std::get_if<T>(&object);
        if (mine == nullptr) return;
        const auto key = key_of(*mine);
        {
            const std::lock_guard lock(mutex_);
            if (objects_.erase(key) == 0) return;
        }
        changed_(key.first);
    }

    void finish_list(kube_objects::Kind) override {
        {
            const std::lock_guard lock(mutex_);
            std::erase_if(objects_, [this](const auto& one) { return one.second.second < mark_; });
            complete_ = listing_;
            listed_ = true;
        }
        changed_({});
    }

    void reached(kube_objects::Kind, const std::string&) override {}

    void clear() {
        {
            const std::lock_guard lock(mutex_);
            objects_.clear();
            complete_.clear();
            listed_ = false;
        }
        changed_({});
    }

    /// Every object, or those of one namespace, by namespace and name.
    [[nodiscard]] std::vector<std::shared_ptr<const T>> all() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::shared_ptr<const T>> found;
        for (const auto& [key, kept] : objects_) found.push_back(kept.first);
        return found;
    }
    [[nodiscard]] std::vector<std::shared_ptr<const T>> in(const std::string& ns) const {
        const std::lock_guard lock(mutex_);
        std::vector<std::shared_ptr<const T>> found;
        for (auto at = objects_.lower_bound({ns, {}}); at != objects_.end() && at->first.first == ns; ++at)
            found.push_back(at->second.first);
        return found;
    }

    /// Whether a list was read since that namespace was asked for.
    [[nodiscard]] bool complete(const std::string& ns) const {
        const std::lock_guard lock(mutex_);
        return everything_ ? listed_ : complete_.contains(ns);
    }

private:
    using Key = std::pair<std::string, std::string>;

    static Key key_of(const T& object) {
        if constexpr (requires { object.ref; }) {
            return {object.ref.ns, object.ref.name};
        } else {
            return {object.ns, object.name};
        }
    }

    const std::function<void(const std::string&)> changed_;
    mutable std::mutex mutex_;
    std::map<Key, std::pair<std::shared_ptr<const T>, std::uint32_t>> objects_;
    bool everything_ = true;
    bool listed_ = false;
    std::set<std::string> namespaces_;
    std::set<std::string> listing_;   // asked for when the list under way began
    std::set<std::string> complete_;  // of which all is known
    std::uint32_t mark_ = 0;
};

}  // namespace helix::kubernetes
