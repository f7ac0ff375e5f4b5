# helix_room(NAME n LAYER l SOURCES ... [ROOMS ...] [LIBRARIES ...] [PRECOMPILED headers])
#
# A room is one static library that sees only the rooms and libraries it names. The arrows between layers are
# checked here, while CMake configures: a forbidden one stops the build before anything is compiled.
#
#   domain    sees domain and no third-party library
#   ports     sees domain
#   wire      sees domain, ports                     (values to and from JSON and YAML)
#   service   sees domain, ports, wire, service
#   adapters  sees domain, ports, wire, adapters
#   main      sees everything; nobody sees it
set(HELIX_LAYERS_domain domain)
set(HELIX_LAYERS_ports domain ports)
set(HELIX_LAYERS_wire domain ports wire)
set(HELIX_LAYERS_service domain ports wire service)
set(HELIX_LAYERS_adapters domain ports wire adapters)
set(HELIX_LAYERS_main domain ports wire service adapters)

function(helix_room)
  cmake_parse_arguments(ROOM "" "NAME;LAYER;PRECOMPILED" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  if(ROOM_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "helix_room(${ROOM_NAME}): unknown arguments ${ROOM_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT DEFINED HELIX_LAYERS_${ROOM_LAYER})
    message(FATAL_ERROR "helix_room(${ROOM_NAME}): unknown layer '${ROOM_LAYER}'")
  endif()
  if(ROOM_LAYER STREQUAL "domain" AND ROOM_LIBRARIES)
    message(FATAL_ERROR "helix_room(${ROOM_NAME}): the domain sees the standard library only, not ${ROOM_LIBRARIES}")
  endif()
  foreach(other IN LISTS ROOM_ROOMS)
    get_property(other_layer GLOBAL PROPERTY HELIX_LAYER_OF_${other})
    if(NOT other_layer)
      message(FATAL_ERROR "helix_room(${ROOM_NAME}): '${other}' is not a room declared before it")
    endif()
    if(NOT other_layer IN_LIST HELIX_LAYERS_${ROOM_LAYER})
      message(FATAL_ERROR "helix_room(${ROOM_NAME}): layer ${ROOM_LAYER} may not see ${other} (layer ${other_layer})")
    endif()
  endforeach()

  set(kind PRIVATE)
  set(visible PUBLIC)
  if(ROOM_SOURCES)
    list(TRANSFORM ROOM_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/)
    add_library(${ROOM_NAME} STATIC ${ROOM_SOURCES})
    if(ROOM_PRECOMPILED)
      helix_precompile(${ROOM_NAME} ${ROOM_PRECOMPILED})
    elseif(NOT ROOM_LAYER MATCHES "domain|ports")
      helix_precompile(${ROOM_NAME} json)
    endif()
  else()
    add_library(${ROOM_NAME} INTERFACE)
    set(visible INTERFACE)
  endif()
  target_include_directories(${ROOM_NAME} ${visible} ${CMAKE_SOURCE_DIR})
  target_link_libraries(${ROOM_NAME} ${visible} ${ROOM_ROOMS} ${ROOM_LIBRARIES})
  set_property(GLOBAL PROPERTY HELIX_LAYER_OF_${ROOM_NAME} ${ROOM_LAYER})
endfunction()
