; The workers. threads.py starts them, and puts the numbers of the machine in the place of the names with a dollar sign.

%record = type { i64, i64, i32, i32 }
; of each who works, the caller first: next task of its share, its end, thread, processor on which it parked
%state = type {
  i32, [15 x i32], i64, [7 x i64], i32, i32, i32, i32, ptr, ptr, i32, [7 x i32], [0 x %record]
}
; generation, workers inside, busy, sleepers, stop, all who work, function, arguments, those who came so far, records

declare void $declared
declare i64 @syscall(i64, ...)
declare i32 @sched_yield()
declare i32 @sched_getcpu()
declare i32 @sched_getaffinity(i32, i64, ptr)
declare i32 @sched_setaffinity(i32, i64, ptr)

define void @serial(ptr %function, ptr %arguments, i64 %count) {
entry:
  %some = icmp sgt i64 %count, 0
  br i1 %some, label %loop, label %out
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  call void %function(ptr %arguments, i64 %i)
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %count
  br i1 %more, label %loop, label %out
out:
  ret void
}

; First the share of one's own, so that the same rows of one layer after the other stay in the cache of one processor;
; then what is left of the others'.
define void @share(ptr %s, i32 %own) {
entry:
  %all.p = getelementptr %state, ptr %s, i32 0, i32 7
  %all = load i32, ptr %all.p
  br label %whose
whose:
  %turn = phi i32 [ 0, %entry ], [ %turn.next, %whose ]
  %sum = add i32 %own, %turn
  %number = urem i32 %sum, %all
  call void @take(ptr %s, i32 %number)
  %turn.next = add i32 %turn, 1
  %more = icmp ult i32 %turn.next, %all
  br i1 %more, label %whose, label %out
out:
  ret void
}

define void @take(ptr %s, i32 %number) {
entry:
  %function.p = getelementptr %state, ptr %s, i32 0, i32 8
  %arguments.p = getelementptr %state, ptr %s, i32 0, i32 9
  %next.p = getelementptr %state, ptr %s, i32 0, i32 12, i32 %number, i32 0
  %end.p = getelementptr %state, ptr %s, i32 0, i32 12, i32 %number, i32 1
  br label %look
look:
  %seen = load atomic i64, ptr %next.p seq_cst, align 8
  %end.seen = load atomic i64, ptr %end.p seq_cst, align 8
  %some = icmp slt i64 %seen, %end.seen
  br i1 %some, label %claim, label %out
claim:
  %i = atomicrmw add ptr %next.p, i64 1 seq_cst
  %end = load atomic i64, ptr %end.p seq_cst, align 8
  %mine = icmp slt i64 %i, %end
  br i1 %mine, label %work, label %out
work:
  %function = load ptr, ptr %function.p
  %arguments = load ptr, ptr %arguments.p
  call void %function(ptr %arguments, i64 %i)
  br label %look
out:
  ret void
}

define ptr @worker(ptr %s) {
entry:
  %inside = getelementptr %state, ptr %s, i32 0, i32 2
  %sleepers = getelementptr %state, ptr %s, i32 0, i32 5
  %stop.p = getelementptr %state, ptr %s, i32 0, i32 6
  %workers = getelementptr %state, ptr %s, i32 0, i32 10
  %number = atomicrmw add ptr %workers, i32 1 seq_cst
  %thread.p = getelementptr %state, ptr %s, i32 0, i32 12, i32 %number, i32 2
  %processor.p = getelementptr %state, ptr %s, i32 0, i32 12, i32 %number, i32 3
  %thread = call i64 (i64, ...) @syscall(i64 $gettid)
  %thread.short = trunc i64 %thread to i32
  store atomic i32 %thread.short, ptr %thread.p seq_cst, align 4
  br label %wait
wait:
  %seen = phi i32 [ 0, %entry ], [ %now, %leave ]
  br label %spin
spin:
  %turn = phi i32 [ 0, %wait ], [ %turn.next, %again ], [ 0, %woken ]
  %now = load atomic i32, ptr %s seq_cst, align 4
  %changed = icmp ne i32 %now, %seen
  br i1 %changed, label %awake, label %again.or.park
again.or.park:
  %turn.next = add i32 %turn, 1
  %tired = icmp sgt i32 %turn.next, $spins
  br i1 %tired, label %park, label %again
again:
  call void $pause
  br label %spin
park:
  %processor = call i32 @sched_getcpu()
  store atomic i32 %processor, ptr %processor.p seq_cst, align 4
  %a = atomicrmw add ptr %sleepers, i32 1 seq_cst
  %b = call i64 (i64, ...) @syscall(i64 $futex, ptr %s, i32 128, i32 %seen, ptr null, ptr null, i32 0)
  %c = atomicrmw sub ptr %sleepers, i32 1 seq_cst
  br label %woken
woken:
  br label %spin
awake:
  %stop = load atomic i32, ptr %stop.p seq_cst, align 4
  %over = icmp ne i32 %stop, 0
  br i1 %over, label %out, label %enter
enter:
  %d = atomicrmw add ptr %inside, i64 1 seq_cst
  call void @share(ptr %s, i32 %number)
  br label %leave
leave:
  %e = atomicrmw sub ptr %inside, i64 1 seq_cst
  br label %wait
out:
  ret ptr null
}

define void @settle(ptr %s) {
entry:
  %inside = getelementptr %state, ptr %s, i32 0, i32 2
  br label %look
look:
  %turn = phi i32 [ 0, %entry ], [ %turn.next, %again ]
  %n = load atomic i64, ptr %inside seq_cst, align 8
  %none = icmp eq i64 %n, 0
  br i1 %none, label %out, label %more
more:
  %turn.next = add i32 %turn, 1
  %tired = icmp sgt i32 %turn.next, $spins
  br i1 %tired, label %yield, label %again
yield:
  %y = call i32 @sched_yield()
  br label %again
again:
  call void $pause
  br label %look
out:
  ret void
}

define void @part(ptr %s) {
entry:
  %here = call i32 @sched_getcpu()
  %workers = getelementptr %state, ptr %s, i32 0, i32 10
  %count = load atomic i32, ptr %workers seq_cst, align 4
  br label %look
look:
  %i = phi i32 [ 0, %entry ], [ %next, %on ]
  %more = icmp slt i32 %i, %count
  br i1 %more, label %ask, label %out
ask:
  %next = add i32 %i, 1
  %thread.p = getelementptr %state, ptr %s, i32 0, i32 12, i32 %i, i32 2
  %processor.p = getelementptr %state, ptr %s, i32 0, i32 12, i32 %i, i32 3
  %thread = load atomic i32, ptr %thread.p seq_cst, align 4
  %processor = load atomic i32, ptr %processor.p seq_cst, align 4
  %known = icmp ne i32 %thread, 0
  %same = icmp eq i32 %processor, %here
  %both = and i1 %known, %same
  br i1 %both, label %move, label %on
move:
  call void @move(i32 %thread, i32 %here)
  br label %on
on:
  br label %look
out:
  ret void
}

define void @move(i32 %thread, i32 %here) {
entry:
  %mask = alloca [16 x i64]
  %failed = call i32 @sched_getaffinity(i32 0, i64 128, ptr %mask)
  %known = icmp eq i32 %failed, 0
  %low = icmp ult i32 %here, 1024
  %able = and i1 %known, %low
  br i1 %able, label %clear, label %out
clear:
  %word = lshr i32 %here, 6
  %place = getelementptr [16 x i64], ptr %mask, i32 0, i32 %word
  %short = and i32 %here, 63
  %shift = zext i32 %short to i64
  %bit = shl i64 1, %shift
  %others = xor i64 %bit, -1
  %old = load i64, ptr %place
  %new = and i64 %old, %others
  store i64 %new, ptr %place
  %r = call i32 @sched_setaffinity(i32 %thread, i64 128, ptr %mask)
  br label %out
out:
  ret void
}

define void @wake(ptr %s) {
entry:
  %g = atomicrmw add ptr %s, i32 1 seq_cst
  %sleepers = getelementptr %state, ptr %s, i32 0, i32 5
  %n = load atomic i32, ptr %sleepers seq_cst, align 4
  %none = icmp eq i32 %n, 0
  br i1 %none, label %out, label %call
call:
  call void @part(ptr %s)
  %r = call i64 (i64, ...) @syscall(i64 $futex, ptr %s, i32 129, i32 1073741824, ptr null, ptr null, i32 0)
  br label %out
out:
  ret void
}

; Equal shares of the tasks, the caller's the largest. A worker may come late from the job before: it finds no task
; until the end of the share, the function and its arguments are there.
define void @deal(ptr %s, i64 %count) {
entry:
  %all.p = getelementptr %state, ptr %s, i32 0, i32 7
  %all = load i32, ptr %all.p
  %all.long = zext i32 %all to i64
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %after, %loop ]
  %after = add i32 %i, 1
  %i.long = zext i32 %i to i64
  %after.long = zext i32 %after to i64
  %up = sub i64 %all.long, 1
  %i.part = mul i64 %count, %i.long
  %after.part = mul i64 %count, %after.long
  %a = add i64 %i.part, %up
  %b = add i64 %after.part, %up
  %first = udiv i64 %a, %all.long
  %end = udiv i64 %b, %all.long
  %next.p = getelementptr %state, ptr %s, i32 0, i32 12, i32 %i, i32 0
  %end.p = getelementptr %state, ptr %s, i32 0, i32 12, i32 %i, i32 1
  store atomic i64 %end, ptr %end.p seq_cst, align 8
  store atomic i64 %first, ptr %next.p seq_cst, align 8
  %more = icmp ult i32 %after, %all
  br i1 %more, label %loop, label %out
out:
  ret void
}

define void @close(ptr %s) {
entry:
  %all.p = getelementptr %state, ptr %s, i32 0, i32 7
  %all = load i32, ptr %all.p
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %after, %loop ]
  %after = add i32 %i, 1
  %next.p = getelementptr %state, ptr %s, i32 0, i32 12, i32 %i, i32 0
  store atomic i64 $idle, ptr %next.p seq_cst, align 8
  %more = icmp ult i32 %after, %all
  br i1 %more, label %loop, label %out
out:
  ret void
}

define void @run(ptr %s, ptr %function, ptr %arguments, i64 %count) {
entry:
  %busy = getelementptr %state, ptr %s, i32 0, i32 4
  %function.p = getelementptr %state, ptr %s, i32 0, i32 8
  %arguments.p = getelementptr %state, ptr %s, i32 0, i32 9
  %try = cmpxchg ptr %busy, i32 0, i32 1 seq_cst seq_cst
  %got = extractvalue { i32, i1 } %try, 1
  br i1 %got, label %lead, label %alone
alone:
  call void @serial(ptr %function, ptr %arguments, i64 %count)
  ret void
lead:
  call void @settle(ptr %s)
  store ptr %function, ptr %function.p
  store ptr %arguments, ptr %arguments.p
  call void @deal(ptr %s, i64 %count)
  call void @wake(ptr %s)
  call void @share(ptr %s, i32 0)
  call void @close(ptr %s)
  call void @settle(ptr %s)
  store atomic i32 0, ptr %busy seq_cst, align 4
  ret void
}

define void @stop(ptr %s) {
entry:
  %stop.p = getelementptr %state, ptr %s, i32 0, i32 6
  store atomic i32 1, ptr %stop.p seq_cst, align 4
  call void @wake(ptr %s)
  ret void
}

; Calls in a table, five words each: function, arguments, tasks, the address of a flag or 0, a spare one. Returns how
; many were run: all, or up to and with the one whose flag was found raised. Without a state, one thread does it all.
define i64 @all(ptr %s, ptr %table, i64 %count) {
entry:
  %alone = icmp eq ptr %s, null
  %some = icmp sgt i64 %count, 0
  br i1 %some, label %loop, label %out
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %on ]
  %first = mul i64 %i, 5
  %function.p = getelementptr i64, ptr %table, i64 %first
  %arguments.p = getelementptr i64, ptr %function.p, i64 1
  %tasks.p = getelementptr i64, ptr %function.p, i64 2
  %flag.p = getelementptr i64, ptr %function.p, i64 3
  %function = load ptr, ptr %function.p
  %arguments = load ptr, ptr %arguments.p
  %tasks = load i64, ptr %tasks.p
  %flag = load ptr, ptr %flag.p
  %next = add i64 %i, 1
  %single = icmp sle i64 %tasks, 1
  %short = or i1 %alone, %single
  br i1 %short, label %serially, label %together
serially:
  call void @serial(ptr %function, ptr %arguments, i64 %tasks)
  br label %look
together:
  call void @run(ptr %s, ptr %function, ptr %arguments, i64 %tasks)
  br label %look
look:
  %flagged = icmp ne ptr %flag, null
  br i1 %flagged, label %read, label %on
read:
  %raised = load atomic i64, ptr %flag seq_cst, align 8
  %stop = icmp ne i64 %raised, 0
  br i1 %stop, label %astray, label %on
astray:
  ret i64 %next
on:
  %more = icmp slt i64 %next, %count
  br i1 %more, label %loop, label %out
out:
  ret i64 %count
}

; A task that is a table of calls: two words each, where it lies and how many they are.
define void @table(ptr %arguments, i64 %task) {
entry:
  %first = mul i64 %task, 2
  %table.p = getelementptr i64, ptr %arguments, i64 %first
  %count.p = getelementptr i64, ptr %table.p, i64 1
  %table = load ptr, ptr %table.p
  %count = load i64, ptr %count.p
  %done = call i64 @all(ptr null, ptr %table, i64 %count)
  ret void
}
