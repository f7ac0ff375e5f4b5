# helix_embed(NAMESPACE ns OUTPUT file.cpp ENTRIES symbol path [symbol path ...])
#
# Writes files into a source file as `const std::string_view ns::symbol`, so that the program needs no files beside it.
function(helix_embed)
  cmake_parse_arguments(EMBED "" "NAMESPACE;OUTPUT" "ENTRIES" ${ARGN})
  set(text "#include <string_view>\n\nnamespace ${EMBED_NAMESPACE} {\n\n")
  while(EMBED_ENTRIES)
    list(POP_FRONT EMBED_ENTRIES symbol path)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${path})
    file(READ ${CMAKE_SOURCE_DIR}/${path} content HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${content}")
    string(APPEND text
      "static const unsigned char ${symbol}_bytes[] = {${bytes}0};\n"
      "extern const std::string_view ${symbol};\n"
      "const std::string_view ${symbol}(reinterpret_cast<const char*>(${symbol}_bytes), sizeof ${symbol}_bytes - 1);\n\n")
  endwhile()
  string(APPEND text "}  // namespace ${EMBED_NAMESPACE}\n")
  file(CONFIGURE OUTPUT ${EMBED_OUTPUT} CONTENT "${text}" @ONLY)
endfunction()
