/* path_graph.h: which certificates at hand signed which, and the ways up to an anchor. Internal to
 * lib/pki. */
#ifndef SMI_PATH_GRAPH_H
#define SMI_PATH_GRAPH_H

#include "pki.h"

enum {
    SMI_PATH_NODES = 64, /* a set of nodes is a uint64_t */
    SMI_PATH_LEN = 12,   /* leaf, at most 10 CAs, anchor (R21) */
    SMI_PATH_NO_WAY = 255
};

struct smi_path_graph {
    struct smi_cert *node[SMI_PATH_NODES];    /* borrowed; 0 is the leaf */
    uint64_t issuers[SMI_PATH_NODES];         /* bit j: node j signed this one */
    uint8_t depth[SMI_PATH_NODES];            /* steps up from the leaf, on the way it was found */
    uint8_t below[SMI_PATH_NODES];            /* the node on that way, towards the leaf */
    uint8_t to_anchor[SMI_PATH_NODES];        /* fewest steps up; NO_WAY when there is none */
    struct smi_cert *suspect[SMI_PATH_NODES]; /* has the issuer's name, did not sign it; or NULL */
    uint64_t anchors, self_signed;
    size_t count;
    unsigned checks; /* signatures verified */
    bool cut;        /* something was left out because of the bounds */
};

/* Walks up from in->leaf by issuer name, over certificates whose key verifies the signature. Never
 * fails: bounds only make it see less. */
void smi_path_graph_build(struct smi_path_graph *graph, const struct smi_path_input *in);

/* All ways from the leaf to an anchor, short ones first; all zero to begin with. */
struct smi_path_search {
    uint8_t at[SMI_PATH_LEN];
    uint64_t left[SMI_PATH_LEN]; /* issuers not tried yet */
    size_t len;
    unsigned steps;
    bool begun;
};
/* Finds the next way: at[0..len-1], the leaf first. False: there is none, or enough was tried. */
bool smi_path_search_next(struct smi_path_search *search, const struct smi_path_graph *graph);

#endif
