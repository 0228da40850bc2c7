/*-------------------------------------------------------------------------
 *
 * path_walk.h
 *	  The critical path through events that have a start, an end and
 *	  predecessors.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_PATH_WALK_H
#define STORMDISC_TRACE_PATH_WALK_H

/* instead of an event: nothing ran */
#define SD_PATH_IDLE (-1)

/* events by their start; the predecessors of i are preds[pred_start[i]...] */
typedef struct SdPathGraph
{
	int n;
	int64 *start; /* nanoseconds, ascending */
	int64 *end;
	int *pred_start; /* n + 1 of them */
	int *preds;		 /* each once; they make no cycle */
	int *caller;	 /* one more of each, that starts before it, or -1 */
} SdPathGraph;

typedef struct SdPathSegment
{
	int event; /* or SD_PATH_IDLE */
	bool has_slack;
	int64 enter;
	int64 leave;
	int64 slack;
} SdPathSegment;

typedef struct SdPath
{
	int n;
	int max;
	SdPathSegment *segments; /* in time order */
} SdPath;

extern SdPath *sd_path_walk(SdPathGraph *graph);
extern SdPath *sd_path_longest(SdPathGraph *graph);

#endif /* STORMDISC_TRACE_PATH_WALK_H */
