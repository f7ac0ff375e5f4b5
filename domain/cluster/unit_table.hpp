#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domain/cluster/floor.hpp"
#include "domain/cluster/pod_shape.hpp"

namespace helix::cluster {

using NodeId = std::uint32_t;
inline constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// What the gate scans of a node: one flat row per node, kept up to date with every event. One cache line.
struct alignas(64) UnitRow {
    Bytes capacity = 0;          ///< allocatable memory
    Bytes limit = 0;             ///< the most bytes in use with the floor kept
    Bytes used = 0;              ///< as the metrics say; meaningful when scraped_at > 0
    Micros scraped_at = 0;       ///< 0: no metrics yet
    Amounts free;                ///< allocatable less the requests of bound pods; may be negative
    bool live = false;           ///< false: the slot is empty
    bool plain = false;          ///< ready, schedulable, no taint: only selectors can refuse it
    bool floor_readable = true;  ///< false: the node's floor annotation is no percentage
};

/// What changes of a node only with the node object itself.
struct UnitFacts {
    std::string name;
    Floor floor;
};

/// The rows of all nodes, by NodeId.
///
/// They stand in small pages that are never written again: a change puts a changed copy of one page in its place. So a
/// copy of the table costs one pointer per page, and shows for ever what it showed when it was taken; a verdict keeps
/// one. Reading a copy needs no lock, whatever becomes of the table it was taken from.
class UnitTable {
public:
    static constexpr std::size_t kPageRows = 32;

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] const UnitRow& operator[](std::size_t id) const {
        return pages_[id / kPageRows]->rows[id % kPageRows];
    }
    [[nodiscard]] const UnitFacts& facts(std::size_t id) const {
        return pages_[id / kPageRows]->facts->of[id % kPageRows];
    }
    /// Whether all rows from `id`, the first of its page, to the page's end are live and plain.
    [[nodiscard]] bool plain_page(std::size_t id) const { return pages_[id / kPageRows]->plain == kPageRows; }

    /// Adds an empty row.
    void grow();
    /// Calls `change` with the row of `id`, to be changed in place.
    template <class Change>
    void change(NodeId id, Change change) {
        auto page = std::make_shared<Page>(*pages_[id / kPageRows]);
        UnitRow& row = page->rows[id % kPageRows];
        page->plain -= row.plain ? 1U : 0U;
        change(row);
        page->plain += row.plain ? 1U : 0U;
        pages_[id / kPageRows] = std::move(page);
    }
    void set_facts(NodeId id, UnitFacts facts);

    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = UnitRow;
        using difference_type = std::ptrdiff_t;
        using pointer = const UnitRow*;
        using reference = const UnitRow&;

        Iterator(const UnitTable& table, std::size_t at) : table_(&table), at_(at) {}
        reference operator*() const { return (*table_)[at_]; }
        pointer operator->() const { return &(*table_)[at_]; }
        Iterator& operator++() {
            ++at_;
            return *this;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const UnitTable* table_;
        std::size_t at_;
    };
    [[nodiscard]] Iterator begin() const { return {*this, 0}; }
    [[nodiscard]] Iterator end() const { return {*this, size_}; }

private:
    struct Facts {
        std::array<UnitFacts, kPageRows> of;
    };
    struct Page {
        std::array<UnitRow, kPageRows> rows;
        std::size_t plain = 0;  ///< how many rows are plain
        std::shared_ptr<const Facts> facts = std::make_shared<Facts>();
    };
    std::vector<std::shared_ptr<const Page>> pages_;
    std::size_t size_ = 0;
};

}  // namespace helix::cluster
