; 64 bits of count numbers of 64 bits, a multiple of 16: two chains of eight lanes, then folded.

define i64 @fingerprint(ptr %data, i64 %count) {
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i.next, %body ]
  %a = phi <8 x i64> [ <i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7, i64 8>, %entry ], [ %a.next, %body ]
  %b = phi <8 x i64> [ <i64 9, i64 10, i64 11, i64 12, i64 13, i64 14, i64 15, i64 16>, %entry ], [ %b.next, %body ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %body, label %out
body:
  %p = getelementptr i64, ptr %data, i64 %i
  %q = getelementptr i64, ptr %p, i64 8
  %x = load <8 x i64>, ptr %p, align 4
  %y = load <8 x i64>, ptr %q, align 4
  %a.x = xor <8 x i64> %a, %x
  %b.x = xor <8 x i64> %b, %y
  %a.m = mul <8 x i64> %a.x, splat (i64 -7046029254386353131)
  %b.m = mul <8 x i64> %b.x, splat (i64 -7046029254386353131)
  %a.s = lshr <8 x i64> %a.m, splat (i64 29)
  %b.s = lshr <8 x i64> %b.m, splat (i64 29)
  %a.next = xor <8 x i64> %a.m, %a.s
  %b.next = xor <8 x i64> %b.m, %b.s
  %i.next = add i64 %i, 16
  br label %head
out:
  %b.r = mul <8 x i64> %b, splat (i64 -4417276706812531889)
  %all = xor <8 x i64> %a, %b.r
  br label %fold
fold:
  %lane = phi i64 [ 0, %out ], [ %lane.next, %fold ]
  %h = phi i64 [ %count, %out ], [ %h.next, %fold ]
  %v = extractelement <8 x i64> %all, i64 %lane
  %h.x = xor i64 %h, %v
  %h.m = mul i64 %h.x, -7046029254386353131
  %h.s = lshr i64 %h.m, 29
  %h.next = xor i64 %h.m, %h.s
  %lane.next = add i64 %lane, 1
  %again = icmp slt i64 %lane.next, 8
  br i1 %again, label %fold, label %end
end:
  ret i64 %h.next
}
