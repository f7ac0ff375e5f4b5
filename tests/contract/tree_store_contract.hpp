#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "service/ports/tree_store.hpp"

namespace helix::contract {

struct TreeEngine {
    std::string name;
    /// Opens an empty store for the test of this name.
    std::function<std::shared_ptr<ports::TreeStore>(const std::string& place)> open;
};

/// What every TreeStore promises.
class TreeStoreContract : public testing::TestWithParam<TreeEngine> {
protected:
    void SetUp() override {
        const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
        store = GetParam().open("tree-" + name.substr(0, name.find('/')));
        ASSERT_NE(store, nullptr);
    }

    /// Nodes that can be told apart.
    static std::vector<ledger::Digest> nodes(std::uint8_t first, std::size_t count) {
        std::vector<ledger::Digest> some(count);
        for (std::size_t i = 0; i < count; ++i) some[i].fill(static_cast<std::uint8_t>(first + i));
        return some;
    }

    std::shared_ptr<ports::TreeStore> store;
};

inline std::string tree_engine_name(const testing::TestParamInfo<TreeEngine>& info) {
    return info.param.name;
}

TEST_P(TreeStoreContract, BeginsWithoutNodes) {
    EXPECT_TRUE(store->tree_nodes(4, 0, 16)->empty());
    EXPECT_EQ(*store->tree_nodes_end(4), 0U);
}

TEST_P(TreeStoreContract, GivesRunsOfALevel) {
    ASSERT_TRUE(store->put_tree_nodes(4, 0, nodes(1, 20)).ok());
    ASSERT_TRUE(store->put_tree_nodes(8, 0, nodes(101, 1)).ok());
    EXPECT_EQ(*store->tree_nodes(4, 16, 3), nodes(17, 3));
    EXPECT_EQ(*store->tree_nodes(4, 16, 100), nodes(17, 4));
    EXPECT_EQ(*store->tree_nodes(8, 0, 16), nodes(101, 1));
    EXPECT_TRUE(store->tree_nodes(4, 20, 1)->empty());
    EXPECT_EQ(*store->tree_nodes_end(4), 20U);
    EXPECT_EQ(*store->tree_nodes_end(8), 1U);
    EXPECT_EQ(*store->tree_nodes_end(12), 0U);
}

TEST_P(TreeStoreContract, ARunEndsBeforeAMissingNode) {
    ASSERT_TRUE(store->put_tree_nodes(4, 0, nodes(1, 3)).ok());
    ASSERT_TRUE(store->put_tree_nodes(4, 5, nodes(6, 2)).ok());
    EXPECT_EQ(*store->tree_nodes(4, 0, 16), nodes(1, 3));
    EXPECT_TRUE(store->tree_nodes(4, 3, 16)->empty());
    EXPECT_EQ(*store->tree_nodes(4, 5, 16), nodes(6, 2));
    EXPECT_EQ(*store->tree_nodes_end(4), 7U);
}

TEST_P(TreeStoreContract, ANodeThatIsThereMayBeKeptAgain) {
    ASSERT_TRUE(store->put_tree_nodes(4, 0, nodes(1, 3)).ok());
    ASSERT_TRUE(store->put_tree_nodes(4, 1, nodes(2, 4)).ok());
    EXPECT_EQ(*store->tree_nodes(4, 0, 16), nodes(1, 5));
}

TEST_P(TreeStoreContract, AnotherNodeThatIsThereIsSaidAndNothingOfThatCallIsKept) {
    ASSERT_TRUE(store->put_tree_nodes(4, 3, nodes(77, 1)).ok());  // as somebody with the rights of the service could
    const auto refused = store->put_tree_nodes(4, 1, nodes(2, 4));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::DataLoss);
    EXPECT_NE(refused.error().message.find("level 4, index 3"), std::string::npos) << refused.error().message;
    EXPECT_TRUE(store->tree_nodes(4, 1, 16)->empty());
    EXPECT_EQ(*store->tree_nodes(4, 3, 16), nodes(77, 1));
    EXPECT_TRUE(store->put_tree_nodes(8, 1, nodes(2, 4)).ok()) << "of another level";
}

}  // namespace helix::contract
